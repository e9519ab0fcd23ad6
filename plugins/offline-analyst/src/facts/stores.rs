//! MySQL, Redis, Elasticsearch, etcd, Kafka.

use super::{Class, Fact, ROW, by, maybe, pick};

pub(super) const FACTS: &[Fact] = &[
    Fact {
        id: "mysql_too_many",
        class: Class::Exhaustion,
        weight: 78,
        title: "MySQL had no connection left to give",
        ask: "Why were all connections of MySQL taken?",
        because: "MySQL reached max_connections and refused new clients.",
        any: &["too many connections"],
        not: &["for role", "for database"],
        causes: &[by("conn_leak"), by("deadlock"), maybe("change_deploy", &[], "the change opened more connections")],
        now: &["Look at SHOW PROCESSLIST for who holds the connections."],
        later: &["Keep the sum of all pools below max_connections."],
        ..ROW
    },
    Fact {
        id: "mysql_crash",
        class: Class::Failure,
        weight: 92,
        title: "MySQL crashed or found damaged data",
        ask: "Why did MySQL crash?",
        because: "The MySQL server stopped without being told to.",
        any: &[
            "mysqld got signal",
            "innodb: database page corruption",
            "innodb: assertion failure",
            "mysqld got exception",
        ],
        causes: &[by("oom_kill"), by("disk_full"), by("io_error")],
        now: &[
            "Keep the error log and the core file; start with innodb_force_recovery only after a copy of the data folder.",
        ],
        ..ROW
    },
    Fact {
        id: "mysql_table_full",
        class: Class::Exhaustion,
        weight: 75,
        title: "MySQL could not add rows: a table or its disk is full",
        ask: "Why could MySQL not add rows?",
        because: "MySQL found no room for more rows.",
        any: &["the table * is full", "disk is full writing"],
        causes: &[by("disk_full"), by("disk_quota")],
        ..ROW
    },
    Fact {
        id: "mysql_aborted",
        class: Class::Note,
        weight: 18,
        title: "Clients of MySQL vanished without closing",
        ask: "Why did clients vanish?",
        because: "Clients ended or lost their connection without saying good-bye.",
        any: &["aborted connection", "mysql server has gone away"],
        ..ROW
    },
    Fact {
        id: "redis_oom",
        class: Class::Exhaustion,
        weight: 75,
        title: "Redis reached its memory limit and refuses writes",
        ask: "Why did Redis reach its memory limit?",
        because: "Redis used all of maxmemory and its policy does not let it drop keys.",
        any: &["oom command not allowed"],
        causes: &[
            maybe("queue_backlog", &[], "the memory is taken by the queue"),
            maybe("change_deploy", &[], "the change stores more in Redis"),
        ],
        now: &["Raise maxmemory if the machine has room, or delete the largest keys (redis-cli --bigkeys)."],
        later: &["Give cache keys a time to live and set maxmemory-policy."],
        ..ROW
    },
    Fact {
        id: "redis_misconf",
        class: Class::Failure,
        weight: 72,
        title: "Redis refuses writes because it cannot save to disk",
        ask: "Why could Redis not save to disk?",
        because: "A failed snapshot makes Redis refuse writes (MISCONF), so that no data are lost unnoticed.",
        any: &[
            "misconf",
            "background saving error",
            "failed opening the temp rdb",
            "can't save in background",
            "write error saving db",
        ],
        causes: &[by("disk_full"), by("permission_denied"), by("mem_alloc"), by("readonly_fs")],
        now: &["Mend the reason of the failed snapshot; then BGSAVE."],
        ..ROW
    },
    Fact {
        id: "elastic_watermark",
        class: Class::Exhaustion,
        weight: 70,
        title: "Elasticsearch is short of disk and stops taking writes",
        ask: "Why was Elasticsearch short of disk?",
        because: "A node passed the disk watermark; at flood stage indices become read-only.",
        any: &["disk watermark", "read-only / allow delete", "index read-only"],
        genuine: &["diskthresholdmonitor"],
        causes: &[by("disk_full")],
        now: &["Delete old indices or add disk; then lift the read-only block."],
        later: &["Use index lifecycle rules with a size limit."],
        ..ROW
    },
    Fact {
        id: "consensus_slow",
        class: Class::Failure,
        weight: 60,
        title: "The cluster store lost its leader or was too slow",
        ask: "Why was the cluster store slow?",
        because: "Members could not agree in time, so requests of everything built on the store failed.",
        any: &[
            "etcdserver: request timed out",
            "etcdserver: leader changed",
            "lost leader",
            "no leader elected",
            "apply request took too long",
            "not enough in-sync replicas",
            "notenoughreplicas",
        ],
        genuine: &["raft", "etcd"],
        picks: &[pick("members", "member ", " ,")],
        causes: &[
            by("disk_full"),
            by("io_error"),
            by("no_route"),
            by("clock_skew"),
            maybe("conn_timeout", &[], "the time-outs are between the members"),
        ],
        now: &["Check disk latency and the network between the members."],
        ..ROW
    },
];
