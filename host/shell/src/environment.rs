//! The environment that tier 1 counts on: it switches off what settings files of programs would have them run.
//!
//! Whoever runs a plan sets these after scrubbing everything else; the tables allow `git log` and `kubectl get` by
//! themselves only because of it.

/// Variables and values of every program of a plan.
pub const ENVIRONMENT: &[(&str, &str)] = &[
    // What a repository's own settings could name: each is overridden, since git takes these for the command line's.
    ("GIT_CONFIG_COUNT", "11"),
    ("GIT_CONFIG_KEY_0", "core.fsmonitor"),
    ("GIT_CONFIG_VALUE_0", "false"),
    ("GIT_CONFIG_KEY_1", "core.hooksPath"),
    ("GIT_CONFIG_VALUE_1", "/dev/null"),
    ("GIT_CONFIG_KEY_2", "core.pager"),
    ("GIT_CONFIG_VALUE_2", "cat"),
    ("GIT_CONFIG_KEY_3", "log.showSignature"),
    ("GIT_CONFIG_VALUE_3", "false"),
    ("GIT_CONFIG_KEY_4", "gpg.program"),
    ("GIT_CONFIG_VALUE_4", "false"),
    ("GIT_CONFIG_KEY_5", "gpg.openpgp.program"),
    ("GIT_CONFIG_VALUE_5", "false"),
    ("GIT_CONFIG_KEY_6", "gpg.x509.program"),
    ("GIT_CONFIG_VALUE_6", "false"),
    ("GIT_CONFIG_KEY_7", "gpg.ssh.program"),
    ("GIT_CONFIG_VALUE_7", "false"),
    ("GIT_CONFIG_KEY_8", "core.sshCommand"),
    ("GIT_CONFIG_VALUE_8", "false"),
    // Looking into submodules starts git anew for each.
    ("GIT_CONFIG_KEY_9", "diff.ignoreSubmodules"),
    ("GIT_CONFIG_VALUE_9", "dirty"),
    // One of the repository's could ask for signatures (`%G?`).
    ("GIT_CONFIG_KEY_10", "format.pretty"),
    ("GIT_CONFIG_VALUE_10", "medium"),
    // Missing objects of a partial clone are not fetched, by no transport.
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", ""),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_PAGER", "cat"),
    ("PAGER", "cat"),
    ("SYSTEMD_PAGER", "cat"),
    // The aliases and default flags of a kuberc.
    ("KUBERC", "off"),
    ("KUBECTL_KUBERC", "false"),
];

#[cfg(test)]
mod tests {
    use super::ENVIRONMENT;

    #[test]
    fn every_setting_of_git_has_its_key_and_value() {
        let value = |name: &str| ENVIRONMENT.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let count: usize = value("GIT_CONFIG_COUNT").and_then(|count| count.parse().ok()).unwrap_or_default();
        assert_eq!(ENVIRONMENT.iter().filter(|(key, _)| key.starts_with("GIT_CONFIG_KEY_")).count(), count);
        for at in 0..count {
            assert!(
                value(&format!("GIT_CONFIG_KEY_{at}")).is_some() && value(&format!("GIT_CONFIG_VALUE_{at}")).is_some()
            );
        }
    }
}
