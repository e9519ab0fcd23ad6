//! Clusters, guests and what runs them: what removes one of them or its storage.
//!
//! Works on one argument list; must not know wrappers.

use crate::destroy::flagged;
use crate::destroy_kube as kube;

/// Why a command destroys guests or a cluster, if it does; `args` is without the name.
pub(crate) fn clusters(name: &str, args: &[&str]) -> Option<&'static str> {
    let has = |words: &[&str]| args.iter().any(|arg| words.contains(arg));
    // Tools of Proxmox and Ceph, and btrfs, take the beginning of a word for the word.
    let begins = |words: &[&str]| args.iter().any(|arg| words.iter().any(|word| is_begun(arg, word)));
    let destroys = match name {
        "qm" | "pct" => {
            begins(&["destroy"])
                || (args.iter().any(|arg| arg.starts_with("--force") || arg.starts_with("-force"))
                    && args.iter().any(|arg| *arg == "unlink" || arg.trim_start_matches('-').starts_with("delete")))
        }
        "lxc" | "incus" | "multipass" => has(&["delete", "rm", "purge"]),
        "etcdctl" => {
            (has(&["del", "rm", "rmdir"])
                && args.iter().any(|arg| {
                    arg.is_empty()
                        || ["--prefix", "--from-key", "--range", "--recursive", "-r"]
                            .iter()
                            .any(|all| arg.starts_with(all))
                }))
                || (has(&["member"]) && has(&["remove"]))
        }
        "cephadm" => has(&["rm-cluster", "zap-osds", "rm-daemon"]),
        "talosctl" | "k0s" => has(&["reset", "wipe"]),
        "rke" => has(&["remove"]),
        "consul" => has(&["delete"]) && args.iter().any(|arg| arg.trim_start_matches('-').starts_with("recurse")),
        "docker" | "podman" | "nerdctl" => {
            (has(&["prune"]) && (has(&["volume"]) || flagged(args, "", &["volumes"])))
                || (has(&["system"]) && has(&["reset"]))
                || (has(&["volume"]) && has(&["rm"]) && flagged(args, "a", &["all"]))
                || (has(&["swarm"]) && has(&["leave"]) && flagged(args, "f", &["force"]))
                || (has(&["down"]) && flagged(args, "v", &["volumes"]))
        }
        "docker-compose" => has(&["down"]) && flagged(args, "v", &["volumes"]),
        "aws" => has(&["rb"]) || args.iter().any(|arg| arg.starts_with("delete-") || arg.starts_with("terminate-")),
        "gcloud" | "az" | "doctl" | "hcloud" | "openstack" | "linode-cli" | "oci" | "ibmcloud" | "scw" | "civo"
        | "nova" | "rosa" | "clusterctl" | "kops" => has(&["delete", "destroy", "purge", "delete-instance"]),
        "pulumi" | "terragrunt" | "cdk" | "cdktf" | "vagrant" => has(&["destroy", "-destroy", "--destroy"]),
        "virsh" => has(&["undefine", "vol-delete", "pool-delete", "vol-wipe"]),
        "pvesm" => begins(&["remove", "free"]),
        "pvecm" => begins(&["delnode"]),
        "pvesh" => begins(&["delete"]),
        "pveum" => begins(&["delete", "userdel"]) && args.iter().any(|arg| arg.starts_with("root@")),
        "pveceph" => begins(&["destroy", "purge"]) || has(&["destroyosd", "destroypool", "destroymon"]),
        "ceph" => {
            begins(&["purge", "purge-new", "destroy", "mark_unfound_lost", "lost", "force-create-pg"])
                || has(&["zap"])
                || (has(&["osd", "fs", "mon", "auth", "mgr", "mds", "orch"])
                    && (begins(&["delete", "remove"]) || has(&["rm", "rmpool", "rmfailed"])))
        }
        "microk8s" => has(&["reset"]),
        "velero" => has(&["delete"]) && has(&["backup", "backups", "--all"]),
        "rclone" => has(&["purge", "delete"]),
        "mc" => has(&["rb"]) || (has(&["rm"]) && flagged(args, "r", &["recursive", "force"])),
        "s3cmd" => has(&["rb"]) || (has(&["del", "rm"]) && flagged(args, "rf", &["recursive", "force"])),
        "ansible" => args.iter().any(|arg| arg.replace(' ', "").contains("state=absent")),
        "ceph-volume" => has(&["zap"]),
        "rbd" => has(&["rm", "remove"]) || (has(&["snap", "trash"]) && has(&["purge"])),
        "rados" => has(&["rmpool", "purge", "rm"]),
        "kubeadm" => has(&["reset"]),
        "kind" | "minikube" | "k3d" | "eksctl" => has(&["delete"]),
        "terraform" | "tofu" => has(&["destroy", "-destroy", "--destroy"]),
        "kubectl" | "oc" => return kube::delete(args),
        _ => false,
    };
    destroys.then_some("destroys guests, storage or a cluster")
}

/// Tells whether an argument is a word, or a beginning of it that could be taken for it.
pub(crate) fn is_begun(arg: &str, word: &str) -> bool {
    arg.len() >= 2 && word.starts_with(arg)
}
