//! Clusters, guests and what runs them: what removes one of them or its storage.
//!
//! Works on one argument list; must not know wrappers.

use crate::destroy::flagged;
use crate::destroy_kube as kube;

/// Why a command destroys guests or a cluster, if it does; `args` is without the name.
pub(crate) fn clusters(name: &str, args: &[&str]) -> Option<&'static str> {
    let has = |words: &[&str]| args.iter().any(|arg| words.contains(arg));
    let destroys = match name {
        "qm" | "pct" => {
            has(&["destroy"])
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
                || (has(&["down"]) && flagged(args, "v", &["volumes"]))
        }
        "docker-compose" => has(&["down"]) && flagged(args, "v", &["volumes"]),
        "aws" => has(&["rb"]) || args.iter().any(|arg| arg.starts_with("delete-") || arg.starts_with("terminate-")),
        "gcloud" | "az" | "doctl" | "hcloud" | "openstack" | "linode-cli" | "oci" | "ibmcloud" | "scw" | "civo"
        | "nova" | "rosa" | "clusterctl" | "kops" => has(&["delete", "destroy", "purge", "delete-instance"]),
        "pulumi" | "terragrunt" | "cdk" | "cdktf" | "vagrant" => has(&["destroy", "-destroy", "--destroy"]),
        "virsh" => has(&["undefine", "vol-delete", "pool-delete", "vol-wipe"]),
        "pvesm" => has(&["remove", "free"]),
        "pvecm" => has(&["delnode"]),
        "pvesh" => has(&["delete"]),
        "pveceph" => has(&["destroy", "destroyosd", "destroypool", "destroymon", "purge"]),
        "ceph" => {
            has(&["purge", "purge-new", "destroy", "zap", "mark_unfound_lost", "lost", "force-create-pg"])
                || (has(&["osd", "fs", "mon", "auth", "mgr", "mds", "orch"])
                    && has(&["delete", "rm", "remove", "rmpool"]))
        }
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
