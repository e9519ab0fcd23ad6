//! Files and folders.

use std::fs;

use trcaa_runtime::COMPONENT_BYTES_MAX;

use super::{COMPONENT, fetch};

#[test]
fn a_file_and_a_folder_with_one_component_are_the_same_source() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.wasm");
    fs::write(&file, COMPONENT).unwrap();
    fs::write(dir.path().join("README.md"), "not it").unwrap();
    for source in [&file, &dir.path().to_path_buf()] {
        let got = fetch(source.to_str().unwrap()).unwrap();
        assert_eq!((got.bytes.as_slice(), got.source.as_str()), (COMPONENT, file.to_str().unwrap()));
        assert_eq!(got.requests, []);
    }
}

#[test]
fn a_folder_with_none_or_two_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().to_str().unwrap();
    let error = fetch(source).unwrap_err();
    assert!(error.code == "source_folder" && error.message.contains("no .wasm file"), "{error:?}");
    for name in ["b.wasm", "a.wasm"] {
        fs::write(dir.path().join(name), COMPONENT).unwrap();
    }
    let error = fetch(source).unwrap_err();
    assert!(error.code == "source_folder" && error.message.ends_with("2 .wasm files: a.wasm, b.wasm"), "{error:?}");
}

#[cfg(unix)]
#[test]
fn a_link_in_a_folder_leads_nowhere_and_a_pipe_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let outside = tempfile::NamedTempFile::new().unwrap();
    fs::write(outside.path(), COMPONENT).unwrap();
    std::os::unix::fs::symlink(outside.path(), dir.path().join("a.wasm")).unwrap();
    assert_eq!(fetch(dir.path().to_str().unwrap()).unwrap_err().code, "source_folder");
    // A socket stands for everything that is no file and blocks or never ends.
    let socket = dir.path().join("s.wasm");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for source in [socket.to_str().unwrap(), "/dev/zero"] {
        assert_eq!(fetch(source).unwrap_err().code, "source_unreadable", "{source}");
    }
    assert_eq!(fetch("/nowhere/x.wasm").unwrap_err().code, "source_not_found");
}

#[test]
fn a_file_of_300_mb_is_refused_before_it_is_read() {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(300 << 20).unwrap();
    let error = fetch(file.path().to_str().unwrap()).unwrap_err();
    assert_eq!(error.code, "source_too_large");
    assert!(
        error.message.contains(&format!("314572800 bytes, and a component may have at most {COMPONENT_BYTES_MAX}"))
    );
}
