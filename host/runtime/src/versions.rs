//! Which versions of the WIT packages this host serves, and whether a component needs more.
//!
//! Within one minor version a package only grows (wit/README.md), so what was built against an older patch of it is
//! served; what needs a newer one is told so, instead of a linker's error.

use semver::Version;

/// Package without its namespace, and the newest patch that is served; of each only this minor version.
static SERVED: [(&str, Version); 7] = [
    ("ai", Version::new(0, 1, 0)),
    ("extract", Version::new(0, 1, 0)),
    ("host", Version::new(0, 1, 1)),
    ("integration", Version::new(0, 1, 0)),
    ("pii", Version::new(0, 1, 0)),
    ("render", Version::new(0, 1, 0)),
    ("types", Version::new(0, 1, 0)),
];

/// The newest version that this host serves of a WIT package, such as `host`.
pub fn served_version(package: &str) -> Option<Version> {
    SERVED.iter().find(|(known, _)| *known == package).map(|(_, version)| version.clone())
}

/// Checks an import or export of ours, `trcaa:package/interface` and its version. `shown` is it all, fit for a message.
pub(crate) fn check(shown: &str, name: &str, version: &str) -> Result<(), String> {
    let package = name.strip_prefix("trcaa:").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let Some((_, served)) = SERVED.iter().find(|(known, _)| *known == package) else {
        return Err(format!("it needs {shown}, a package that this host does not have; a newer host may serve it"));
    };
    let unread = || format!("it needs {shown}, whose version can't be read");
    let wanted = Version::parse(version).map_err(|_| unread())?;
    let same_line = (wanted.major, wanted.minor) == (served.major, served.minor) && wanted.pre.is_empty();
    match same_line && wanted.patch <= served.patch {
        true => Ok(()),
        false if wanted < *served => {
            Err(format!("it needs {shown}, and this host serves {served}: build it anew against that version"))
        }
        false => Err(format!("it needs host \u{2265} {wanted}: {shown}; this host serves {served}, so update trcaa")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::check;

    #[test]
    fn older_patches_are_served_and_newer_ones_told() {
        let said = |version: &str| check(&format!("trcaa:host/log@{version}"), "trcaa:host/log", version);
        assert_eq!((said("0.1.0"), said("0.1.1")), (Ok(()), Ok(())));
        for version in ["0.1.2", "0.2.0", "1.0.0"] {
            let refusal = said(version).unwrap_err();
            assert!(refusal.contains(&format!("needs host \u{2265} {version}: trcaa:host/log@{version}")), "{refusal}");
        }
        assert!(said("0.0.9").unwrap_err().contains("build it anew"));
        assert!(said("0.1.0-rc.1").is_err());
        for version in ["", "0.1", "x", "0.1.0.0", "99999999999999999999.0.0"] {
            assert!(said(version).unwrap_err().contains("can't be read"), "{version}");
        }
        assert!(check("trcaa:new/x@0.1.0", "trcaa:new/x", "0.1.0").is_err());
    }
}
