//! What a person is told of a part before deciding: its risk, and what it would touch.
//!
//! Works on the cooked words. Only tells: no tier depends on it.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::destroy::base;
use crate::limits::{TOUCHED_CHARS_MAX, TOUCHED_MAX};
use crate::quote::{push_printable, quoted};
use crate::tier::Tier;

/// Which commands bear which risk, and the words for it.
pub(crate) const RISKS: &[(&str, &str)] = &[
    ("kubectl oc helm kubeadm kustomize etcdctl flux argocd", "objects of a cluster change, or workloads stop"),
    ("docker podman nerdctl crictl docker-compose ctr buildah", "containers, images or their data change"),
    (
        "qm pct pvesh pvecm pvesm pveum pveceph pvesr ha-manager vzdump virsh ceph rbd rados zpool zfs lvcreate lvextend \
         lvresize lvchange mdadm mount umount smartctl nvme btrfs",
        "guests, disks or their data change",
    ),
    (
        "systemctl service loginctl init rc-service supervisorctl kill pkill killall renice",
        "services or processes stop, start or change",
    ),
    (
        "ip iptables ip6tables nft ufw firewall-cmd nmcli networkctl route arp ethtool conntrack bridge tc ss sysctl hostname \
         hostnamectl timedatectl date resolvectl",
        "the network or settings of the machine change",
    ),
    (
        "cp mv ln rm unlink rmdir mkdir touch tee truncate install split sed chmod chown chgrp chattr setfacl tar unzip zip gzip \
         patch rsync sort",
        "files are changed, replaced or removed",
    ),
    (
        "curl wget nc ncat dig nslookup host ping traceroute mtr whois telnet getent nmap tcpdump",
        "names or data leave this machine",
    ),
    ("apt apt-get dpkg yum dnf rpm zypper apk snap pip pip3 npm", "programs are installed, changed or removed"),
    ("ssh scp sftp ansible", "another machine is reached and may change"),
    (
        "sh bash dash zsh python python3 perl ruby node php eval source . exec env sudo su doas xargs nohup nice timeout watch \
         parallel find awk make",
        "other commands or code run, which can be judged only in part",
    ),
    ("git", "files or history change, or programs that the repository names run"),
    ("useradd usermod userdel groupadd passwd chage visudo", "accounts change"),
];

/// The risk of each command; the first that names it counts.
static BY_NAME: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let mut risks = HashMap::new();
    for (names, risk) in RISKS {
        names.split_whitespace().for_each(|name| _ = risks.entry(name).or_insert(*risk));
    }
    risks
});

/// Tells the risk of a part.
pub(crate) fn risk(name: &str, tier: Tier, reason: &str) -> &'static str {
    match tier {
        Tier::One => "none: it only reads",
        Tier::Three => "what it removes, overwrites or stops may not come back",
        Tier::Two if reason.contains("secret") || reason.contains("keys") || reason.contains("password") => {
            "secrets may be shown"
        }
        Tier::Two if reason.contains("until it is stopped") => "it runs until it is stopped",
        Tier::Two => BY_NAME.get(base(name)).copied().unwrap_or("unknown: it is not known what it does"),
    }
}

/// Tells what a part would touch: for kubectl kinds, names, namespace and context, else its operands, and files written by
/// redirection. Printable, at most [`TOUCHED_CHARS_MAX`] characters.
pub(crate) fn touches(args: &[&str], fixed: bool, tier: Tier, written: &[String]) -> String {
    if tier == Tier::One {
        return "nothing".to_owned();
    }
    let mut items: Vec<String> = Vec::new();
    if !fixed {
        items.push("what is only known when it runs".to_owned());
    } else if let Some((name, rest)) = args.split_first() {
        match base(name) {
            "kubectl" | "oc" | "helm" => cluster(rest, &mut items),
            _ => items
                .extend(rest.iter().filter(|word| !word.starts_with('-')).take(TOUCHED_MAX).map(|word| quoted(word))),
        }
    }
    items.extend(written.iter().take(TOUCHED_MAX).map(|file| format!("the file {}", quoted(file))));
    let mut out = String::new();
    push_printable(&mut out, &items.join(", "), TOUCHED_CHARS_MAX);
    if out.is_empty() { "what is not named in the command".to_owned() } else { out }
}

fn cluster(rest: &[&str], items: &mut Vec<String>) {
    let (mut named, mut scope, mut rest) = (Vec::new(), Vec::new(), rest.iter());
    while let Some(word) = rest.next() {
        let (flag, value) = word.split_once('=').map_or((*word, None), |(flag, value)| (flag, Some(value)));
        let label = match flag {
            "-n" | "--namespace" => "namespace",
            "--context" | "--kube-context" => "context",
            "-f" | "--filename" => "the file",
            "-l" | "--selector" => "what is labelled",
            "-A" | "--all-namespaces" => {
                scope.push("every namespace".to_owned());
                continue;
            }
            _ if flag.starts_with('-') => continue,
            _ => {
                named.push(quoted(word));
                continue;
            }
        };
        if let Some(value) = value.or_else(|| rest.next().copied()) {
            scope.push(format!("{label} {}", quoted(value)));
        }
    }
    // The first word is the subcommand, which the command shows.
    items.extend(named.into_iter().skip(1).take(TOUCHED_MAX));
    items.extend(scope.into_iter().take(TOUCHED_MAX));
}

#[cfg(test)]
mod tests {
    use super::{risk, touches};
    use crate::tier::Tier;

    fn told(line: &str) -> String {
        touches(&line.split(' ').collect::<Vec<_>>(), true, Tier::Two, &[])
    }

    #[test]
    fn a_person_is_told_what_would_be_touched() {
        assert_eq!(told("kubectl delete pod web-0 -n prod"), "pod, web-0, namespace prod");
        assert_eq!(told("kubectl --context=a apply -f x.yaml"), "context a, the file x.yaml");
        assert_eq!(told("systemctl restart nginx"), "restart, nginx");
        assert_eq!(told("reboot"), "what is not named in the command");
        assert_eq!(touches(&["ls"], true, Tier::Two, &["/srv/x".to_owned()]), "the file /srv/x");
        assert_eq!(touches(&["rm"], false, Tier::Two, &[]), "what is only known when it runs");
        assert_eq!(touches(&["ls", "a"], true, Tier::One, &[]), "nothing");
        assert!(touches(&["x", &"y".repeat(999)], true, Tier::Two, &[]).len() <= 200);
    }

    #[test]
    fn each_tier_tells_its_risk() {
        assert!(risk("ls", Tier::One, "").contains("only reads"));
        assert!(risk("/usr/bin/kubectl", Tier::Two, "").contains("cluster"));
        assert!(risk("cat", Tier::Two, "a file that holds keys or secrets").contains("secrets"));
        assert!(risk("some-tool", Tier::Two, "").contains("unknown"));
    }
}
