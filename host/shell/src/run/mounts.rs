//! Other paths under which the same files are mounted.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// Longest list of mounts that is read, in bytes; a machine with containers has some hundred lines.
const LIST_BYTES_MAX: usize = 16 << 20;

/// A line of `/proc/self/mountinfo`.
struct Mount {
    /// Major and minor number of the file system.
    system: String,
    /// Which folder of it is mounted.
    root: PathBuf,
    place: PathBuf,
    /// The kind of file system.
    kind: Vec<u8>,
}

/// Adds to `paths` (absolute, without links) every other path of the same files.
///
/// Answers an error if the list of mounts can't be read: then nobody knows.
pub(super) fn with_other_paths(paths: Vec<PathBuf>) -> std::io::Result<Vec<PathBuf>> {
    Ok(others(paths, &mounts()?))
}

/// Answers where processes are shown as files: every mount of a `proc`, or of a part of one.
pub(super) fn of_processes() -> std::io::Result<Vec<PathBuf>> {
    Ok(mounts()?.into_iter().filter(|mount| mount.kind == b"proc").map(|mount| mount.place).collect())
}

fn mounts() -> std::io::Result<Vec<Mount>> {
    let list = std::fs::read("/proc/self/mountinfo")?;
    if list.len() > LIST_BYTES_MAX {
        return Err(std::io::Error::other("there are too many mounts"));
    }
    Ok(parse(&list))
}

fn others(paths: Vec<PathBuf>, mounts: &[Mount]) -> Vec<PathBuf> {
    let mut found = paths.clone();
    for path in &paths {
        // The last of the deepest: what was mounted over the others.
        let mount =
            mounts.iter().filter(|mount| path.starts_with(&mount.place)).max_by_key(|m| m.place.components().count());
        let Some(mount) = mount else { continue };
        let Ok(rest) = path.strip_prefix(&mount.place) else { continue };
        let inside = mount.root.join(rest);
        for other in mounts.iter().filter(|other| other.system == mount.system) {
            if let Ok(rest) = inside.strip_prefix(&other.root) {
                // Of a hidden file that is itself mounted, `rest` is empty, and `join` would add a slash.
                found.push(if rest.as_os_str().is_empty() { other.place.clone() } else { other.place.join(rest) });
            } else if other.root.starts_with(&inside) {
                found.push(other.place.clone());
            }
        }
    }
    // What is mounted below a hidden folder is reached at other places too, but is another file system's: it is below.
    found.sort();
    found.dedup();
    found
}

fn parse(list: &[u8]) -> Vec<Mount> {
    let line = |line: &[u8]| {
        // Number, parent, major:minor, root, place, options, any number of tags, a dash, kind, …
        let mut fields = line.split(|byte| *byte == b' ').skip(2);
        let system = String::from_utf8(fields.next()?.to_vec()).ok()?;
        let (root, place) = (path(fields.next()?), path(fields.next()?));
        let kind = fields.skip_while(|field| *field != b"-").nth(1).unwrap_or_default().to_vec();
        Some(Mount { system, root, place, kind })
    };
    list.split(|byte| *byte == b'\n').filter_map(line).collect()
}

/// Space, tab, line end and backslash are written as three octal digits.
fn path(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let octal = (*first == b'\\')
            .then(|| after.get(..3))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok().and_then(|digits| u8::from_str_radix(digits, 8).ok()));
        bytes.push(octal.unwrap_or(*first));
        rest = if octal.is_some() { after.get(3..).unwrap_or_default() } else { after };
    }
    Path::new(&OsString::from_vec(bytes)).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mounted_elsewhere_is_found_under_each_of_its_paths() {
        let mounts = parse(
            b"1 0 8:1 / / rw - ext4 /dev/sda rw\n\
              2 1 8:1 /home/ada/.ssh /srv/keys\\040here rw - ext4 /dev/sda rw\n\
              3 1 8:1 /home /mnt/home rw - ext4 /dev/sda rw\n\
              4 1 8:1 /home/ada/.ssh/deep /mnt/deep rw - ext4 /dev/sda rw\n\
              5 1 8:2 / /data rw - ext4 /dev/sdb rw\n",
        );
        let found = others(vec!["/home/ada/.ssh".into()], &mounts);
        let expected = ["/home/ada/.ssh", "/mnt/deep", "/mnt/home/ada/.ssh", "/srv/keys here"];
        assert_eq!(found, expected.map(PathBuf::from));
        // Named by where it is mounted, it is hidden where it comes from.
        let found = others(vec!["/mnt/home/ada/.ssh/id".into()], &mounts);
        assert!(found.contains(&"/home/ada/.ssh/id".into()) && found.contains(&"/srv/keys here/id".into()));
        assert_eq!(others(vec!["/data/x".into()], &mounts), [PathBuf::from("/data/x")]);
    }

    #[test]
    fn the_kind_stands_behind_any_number_of_tags() {
        let kinds = parse(
            b"1 0 0:5 / /proc rw - proc proc rw\n\
              2 0 0:6 /1 /srv/p rw shared:3 master:1 - proc proc rw\n\
              3 0 0:7 / /x rw shared:3 - ext4 proc rw\n",
        );
        let kinds: Vec<&[u8]> = kinds.iter().map(|mount| mount.kind.as_slice()).collect();
        assert_eq!(kinds, [b"proc".as_slice(), b"proc", b"ext4"]);
    }
}
