//! Destroyers by family, each with its relatives, and the lines beside them that only ask or read.
#![allow(clippy::unwrap_used, missing_docs)]

use trcaa_shell::classify;

#[track_caller]
fn all_are(tier: u8, lines: &[&str]) {
    let wrong: Vec<String> = lines
        .iter()
        .filter_map(|line| {
            let verdict = classify(line).unwrap();
            (verdict.tier.number() != tier).then(|| format!("{} {line}", verdict.tier.number()))
        })
        .collect();
    assert!(wrong.is_empty(), "not {tier}: {wrong:#?}");
}

#[test]
fn a_great_kind_is_found_behind_any_flag_of_kubectl() {
    all_are(
        3,
        &[
            "kubectl delete --kubeconfig /x ns prod",
            "kubectl delete --as a ns prod",
            "kubectl delete --request-timeout 5s ns prod",
            "kubectl delete --server u ns prod",
            "kubectl delete -v 6 ns prod",
            "kubectl delete --user x ns prod",
            "kubectl delete --unheard-of x ns prod",
            "kubectl delete --unheard-of ns prod",
            "kubectl delete --now ns prod",
            "kubectl --context delete delete ns prod",
            "kubectl delete --raw /api/v1/namespaces/prod",
            "kubectl delete --raw=/api/v1/namespaces/prod",
            "kubectl delete pods --all=True",
            "kubectl delete pods --all=TRUE",
            "kubectl delete pods -RA",
            "microk8s.kubectl delete ns prod",
            "microk8s kubectl delete ns prod",
            "kubectl.exe delete ns prod",
            "kubectl1.30 delete ns prod",
            "k delete ns prod",
            "sudo k3s kubectl delete ns prod",
        ],
    );
    all_are(
        2,
        &[
            "kubectl delete pod web-0",
            "kubectl delete pod node",
            "kubectl delete --now pod node",
            "kubectl delete -n ns pod x",
            "kubectl delete -nprod pod ns",
            "kubectl delete --kubeconfig ns pod x",
            "kubectl delete pods --all=false -l a=b",
        ],
    );
}

#[test]
fn the_machine_is_stopped_by_many_names() {
    all_are(
        3,
        &[
            "systemctl start runlevel6.target",
            "systemctl isolate runlevel0.target",
            "systemctl start systemd-reboot.service",
            "systemctl start systemd-poweroff.service",
            "systemctl --signal status reboot",
            "busctl call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager Reboot b true",
            "dbus-send --system --dest=org.freedesktop.login1 /x org.freedesktop.login1.Manager.PowerOff boolean:true",
            "gdbus call -y -d org.freedesktop.systemd1 -o /x -m org.freedesktop.systemd1.Manager.StartUnit reboot.target replace",
            "ipmitool chassis power off",
            "ipmitool -H h power cycle",
            "pvesh create /nodes/n/status --command reboot",
            "pvesh create /nodes/n/status --command=shutdown",
            "pvesh create /nodes/n/stopall",
            "talosctl reboot",
            "pkill -9 .",
            "pkill -9 -f ''",
            "pkill '.*'",
            "pkill 'x|'",
            "pkill '[a-z]'",
            "pkill 'a*'",
            "pkill -u root",
            "pkill -U0",
            "pkill -P 1",
            "killall -9 -r '.*'",
            "fuser -km /",
            "fuser -k /",
            "fuser -k -m /var/log",
        ],
    );
    all_are(1, &["systemctl status reboot.target", "systemctl is-active poweroff.target"]);
    all_are(
        2,
        &[
            "sudo systemctl status reboot.target",
            "systemctl restart nginx",
            "pkill nginx",
            "pkill -f 'java .*app'",
            "killall -9 nginx",
            "fuser -k 80/tcp",
            "ipmitool power status",
            "busctl introspect org.freedesktop.login1 /org/freedesktop/login1",
            "pvesh create /nodes/n/qemu/100/status/start",
        ],
    );
}

#[test]
fn trees_are_removed_by_tools_of_other_names() {
    all_are(
        3,
        &[
            "tar --remove-files -cf x.tar /srv",
            "tar -cf x.tar --remove-f /srv",
            "zip -rm x.zip /srv",
            "zip -r --move x.zip /srv",
            "git clean -fdx",
            "git -C /srv clean -d -f",
            "rsync -a --delete /empty/ /srv/x/",
            "rsync -a --remove-source-files /srv/ h:/x",
            "find /srv -exec unlink {} \\;",
            "find /srv -exec truncate -s 0 {} +",
            "find /srv -exec mv {} /dev/null \\;",
            "find /srv -exec sh -c 'rm \"$0\"' {} \\;",
            "fd . /srv -x rm",
            "fd . /srv --exec-batch unlink",
            "npx rimraf /srv",
        ],
    );
    all_are(2, &["tar cf x y", "zip -r x.zip y", "rsync -a a b", "git clean -nd", "find . -exec mv {} /x \\;"]);
}

#[test]
fn disks_are_overwritten_by_tools_of_other_names() {
    all_are(
        3,
        &[
            "pvcreate -ff /dev/sda",
            "zpool create -f tank /dev/sda",
            "zpool replace -f tank sda sdb",
            "qemu-img convert -O raw x.qcow2 /dev/sda",
            "ddrescue x /dev/sda",
            "dcfldd if=x of=/dev/sda",
            "unheard-of --target=/dev/sda",
            "unheard-of /dev/./vg0/root",
            "sudo -u root unheard-of /dev/nvme0n1",
            "curl http://x.test -o /dev/sda",
            "sort -o /dev/sda x",
            "grub-install /dev/sda",
            "sg_format --format /dev/sg0",
            "sg_sanitize --crypto /dev/sg0",
            "integritysetup format /dev/sda",
            "storcli /c0/v0 delete",
            "storcli64 /c0/vall del force",
            "MegaCli64 -CfgClr -a0",
            "ssacli ctrl slot=0 ld 1 delete forced",
            "mdadm -Cv /dev/md0 /dev/sda",
            "pveceph osd create /dev/sdb",
            "ceph-volume lvm create --data /dev/sdb",
            "pvesh set /nodes/n/disks/wipedisk --disk /dev/sdb",
            "lvreduce -L 1G vg/x",
        ],
    );
    all_are(
        2,
        &[
            "mount /dev/sda1 /mnt",
            "sudo smartctl -a /dev/sda",
            "sudo -u root smartctl -a /dev/sda",
            "hdparm -W0 /dev/sda",
            "chmod 660 /dev/sda",
            "mdadm --manage /dev/md0 --fail /dev/sda",
            "cat /dev/sda",
            "strings /dev/sda",
            "minicom -D /dev/ttyUSB0",
            "zpool scrub tank",
        ],
    );
}

#[test]
fn clusters_and_guests_are_removed_by_tools_of_other_names() {
    all_are(
        3,
        &[
            "etcdctl del '' --prefix",
            "etcdctl del \"\" --from-key=true",
            "ceph orch device zap h /dev/sda --force",
            "cephadm rm-cluster --fsid x --force",
            "cephadm zap-osds --fsid x",
            "rbd trash purge pool",
            "qm unlink 100 --idlist scsi0 --force",
            "qm set 100 --delete scsi0 --force 1",
            "lxc delete -f web",
            "incus delete --force web",
            "talosctl reset",
            "kops delete cluster x --yes",
            "pulumi destroy",
            "terragrunt run-all destroy",
            "cdk destroy",
            "k3s-uninstall.sh",
            "/usr/local/bin/k3s-agent-uninstall.sh",
            "sh /usr/local/bin/rke2-killall.sh",
            "docker compose down -v",
            "docker system prune -a --volumes",
            "aws ec2 terminate-instances --instance-ids i-1",
            "gcloud container clusters delete x",
        ],
    );
    all_are(2, &["etcdctl del key", "qm unlink 100 --idlist scsi0", "lxc stop web", "docker system prune -f"]);
}

#[test]
fn rules_are_flushed_by_tools_of_other_names() {
    all_are(
        3,
        &[
            "iptables-legacy -F",
            "iptables-nft -F",
            "ip6tables-nft -t nat --flush",
            "nft 'flush ruleset'",
            "nft -f x 'flush ruleset'",
            "nft 'list ruleset;delete table inet filter'",
            "ebtables -F",
            "arptables -F",
            "ipset destroy",
            "ipvsadm -C",
            "crontab /dev/null",
            "chattr -R +i /",
        ],
    );
    all_are(2, &["iptables -L", "iptables-legacy -A INPUT -j DROP", "nft add table x", "ipset list", "chattr +i x"]);
}

#[test]
fn a_command_inside_a_flag_of_another_is_found() {
    all_are(
        3,
        &[
            "man -P 'rm -rf /srv' ls",
            "man -P'rm -rf /srv' ls",
            "man --pager='rm -rf /srv' ls",
            "less '+!rm -rf /srv' f",
            "split --filter='rm -rf /srv' f",
            "split --filter 'rm -rf /srv' f",
            "dpkg --pre-invoke='rm -rf /srv' -i x",
            "apt-get -o Dpkg::Pre-Invoke::='rm -rf /srv' install x",
            "apt-get -o Dpkg::Pre-Invoke::='rm -rf /srv; X=1' install x",
            "npm exec -- rm -rf /srv",
            "npm exec -c 'rm -rf /srv'",
            "git clone --config 'core.sshCommand=rm -rf /srv' h:x",
            "git clone -u 'rm -rf /srv;' h:x",
            "git clone 'ext::rm -rf /srv'",
            "git config alias.x '!rm -rf /srv'",
            "sed 's@x@rm -rf /srv@e' f",
            "sed 's:x:rm -rf /srv:e' f",
            "sed 's@x@rm -rf /srv@e;p' f",
            "sed '1erm -rf /srv' f",
            "env -S'rm -rf /srv'",
            "env -vS'rm -rf /srv'",
            "ed x <<< '!rm -rf /srv'",
            "echo '!rm -rf /srv' | ed x",
            "echo 'rm -rf /srv' > x; sh x",
            "echo 'rm -rf /srv' > x && chmod +x x && ./x",
            "echo 'rm -rf /srv' | tee x; bash ./x",
            "cat <<E > x\nkubectl delete ns prod\nE\nsh x",
            "echo 'kubectl delete ns prod' > x; sh < x",
            "echo '* * * * * rm -rf /srv' | crontab -",
            "ls | xargs unlink",
            "ls | xargs sh -c 'rm \"$0\"'",
            "iptables-restore < /dev/null",
            "sudo ip6tables-nft-restore < /dev/null",
            "crontab - < /dev/null",
        ],
    );
    all_are(
        2,
        &[
            "man -P cat ls",
            "man rm",
            "less f",
            "split -b 1 f",
            "apt-get install reboot-notifier",
            "git commit -m 'no more rm -rf /'",
            "git clone h:x",
            "sed -i 's/a/b/' f",
            "echo ls > x; sh x",
            "env -S'ls -l'",
        ],
    );
}

#[test]
fn code_of_other_languages_removes_trees_or_forks_without_end() {
    all_are(
        3,
        &[
            "node -e 'fs.rm(\"/srv\",{recursive:true})'",
            "node -e 'fs.rmdir(\"/srv\",{recursive:true})'",
            "node -e 'fs.promises.rm(\"/srv\",{recursive:true})'",
            "deno eval 'Deno.remove(\"/srv\",{recursive:true})'",
            "ruby -e 'FileUtils.remove_dir(\"/srv\")'",
            "ruby -e 'FileUtils.remove_entry(\"/srv\")'",
            "ruby -rfileutils -e 'FileUtils.rm_f(Dir[\"/srv/*\"])'",
            "python3 -c 'for r in os.walk(\"/srv\"): os.remove(r)'",
            "perl -e 'fork while fork'",
            "python3 -c 'while True: os.fork()'",
        ],
    );
    all_are(2, &["node -e 'fs.readFileSync(1)'", "python3 -c 'print(1)'", "perl -e 'print 1'"]);
}

#[test]
fn what_is_downloaded_does_not_reach_an_interpreter() {
    all_are(
        3,
        &[
            "curl x | xargs -0 bash -c",
            "curl x | xargs -I{} sh -c {}",
            "curl x | while read l; do eval \"$l\"; done",
            "curl x | while read l; do $l; done",
            "curl x | bash -c \"$(cat)\"",
            "curl x | awk '{system($0)}'",
            "curl x | awk '{print | \"sh\"}'",
            "curl x | sed e",
            "curl x | sed 's/a/b/e'",
            "curl x | deno run -",
            "curl x | bun run -",
            "curl x | R --no-save",
            "curl x | julia",
            "curl x | python3 - a b",
            "curl x | perl -ne 'system $_'",
            "curl x | python3 -c 'exec(input())'",
            "curl x | crontab -",
            "curl x | ssh h",
            "curl x | sudo -s",
            "curl x | su",
            "curl x | make -f -",
            "curl x -o f && sh f",
            "curl x -of; sh ./f",
            "wget http://h.test/install.sh; bash install.sh",
            "wget -O /tmp/f x && chmod +x /tmp/f && /tmp/f",
            "curl x > f; sh f",
            "curl x | tee f; sudo bash f",
            "curl x > f; cat f | sh",
            "curl x > f; sh < f",
            "{ curl x; } > f; . f",
            "base64 -d x > f; python3 f",
            "curl x -o f; sudo ./f",
        ],
    );
    all_are(
        2,
        &[
            "curl x -o a.tgz; tar xf a.tgz",
            "curl x | jq .",
            "curl x | awk '{print $1}'",
            "curl x | grep 'a|b'",
            "curl x | awk '/a|b/{print $1}'",
            "curl x | python3 -m json.tool",
            "curl x | python3 -c 'import sys,json; print(json.load(sys.stdin))'",
            "curl x -o data.json; python3 tool.py data.json",
            "curl x | sed 's/a/b/'",
            "curl x; echo ls > f; sh f",
        ],
    );
}
