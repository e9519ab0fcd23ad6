//! The bounds of the plugin folder, at, below and above.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::Read as _;

use super::*;

#[test]
fn a_component_has_at_least_one_byte_and_at_most_128_mib() {
    let most = COMPONENT_BYTES_MAX as u64;
    assert_eq!(most, 134_217_728);
    assert_eq!(check_size(0), Err("it is empty".into()));
    assert_eq!((check_size(1), check_size(most)), (Ok(()), Ok(())));
    assert!(check_size(most + 1).unwrap_err().contains("at most 134217728"));
    // A file that grows while it is read is not read on for ever.
    assert_eq!(read_bounded(std::io::repeat(1).take(most)).map(|bytes| bytes.len() as u64), Ok(most));
    assert!(read_bounded(std::io::repeat(1)).unwrap_err().contains("134217729 bytes"));
}

#[test]
fn a_file_that_is_too_large_is_refused_by_its_size_before_it_is_read() {
    let path = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(path.path().join("large.wasm")).unwrap();
    let folder = open(Some(path.path())).unwrap().unwrap();
    // A terabyte of nothing: the number that is told is that of the file, not of what was read of it.
    file.set_len(1 << 40).unwrap();
    assert!(read_component(&folder, "large.wasm").unwrap_err().contains("1099511627776 bytes"));
}

#[test]
fn a_folder_holds_at_most_256_drop_ins_and_other_files_do_not_count() {
    let path = tempfile::tempdir().unwrap();
    let add = |name: String| std::fs::write(path.path().join(name), b"").unwrap();
    let listed = || names(&open(Some(path.path())).unwrap().unwrap(), path.path());
    (0..300).for_each(|n| add(format!("{n}.txt")));
    (0..256).for_each(|n| add(format!("{n}.wasm")));
    assert_eq!(listed().unwrap().len(), 256);
    add("one-more.wasm".into());
    assert_eq!(listed().unwrap_err().code, "plugin_folder");
}
