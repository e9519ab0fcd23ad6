//! Readers of clusters, guests and containers. Data only.

use crate::flags::{Operands, Spec, read};
use crate::programs;
use Operands::{Checked, Exactly, Words};

const fn named(mut spec: Spec, name: &'static str) -> Spec {
    spec.name = name;
    spec
}

const GET: Spec = read("get")
    .short("A")
    .short_value("olL")
    .long("all-namespaces show-labels show-kind no-headers ignore-not-found")
    .long_value("output selector field-selector sort-by label-columns chunk-size subresource")
    .takes(Checked(programs::kube_kinds));

const CONTEXTS: Spec = read("get-contexts")
    .short_value("o")
    .long("no-headers")
    .long_value("output")
    .takes(Checked(programs::kube_no_operand));

const KUBECTL: Spec = read("kubectl").short_value("n").long_value("namespace context request-timeout").subs(&[
    GET,
    read("describe")
        .short("A")
        .short_value("l")
        .long("all-namespaces")
        .long_value("selector show-events chunk-size")
        .takes(Checked(programs::kube_kinds)),
    read("logs")
        .short("p")
        .short_value("cl")
        .long("previous timestamps all-containers prefix ignore-errors all-pods")
        .long_value("container tail since since-time selector limit-bytes max-log-requests pod-running-timeout")
        .takes(Words),
    read("events")
        .short("A")
        .short_value("o")
        .long("all-namespaces no-headers")
        .long_value("for types output")
        .takes(Checked(programs::kube_no_operand)),
    read("explain").long("recursive").long_value("api-version").takes(Exactly(1)),
    read("api-resources")
        .short_value("o")
        .long("cached no-headers")
        .long_value("api-group verbs sort-by output")
        .long_maybe("namespaced")
        .takes(Checked(programs::kube_no_operand)),
    read("api-versions"),
    read("cluster-info"),
    read("top").subs(&[
        read("nodes").short_value("l").long("no-headers show-capacity").long_value("sort-by selector").takes(Words),
        named(
            read("nodes").short_value("l").long("no-headers show-capacity").long_value("sort-by selector").takes(Words),
            "node",
        ),
        read("pods")
            .short("A")
            .short_value("l")
            .long("all-namespaces containers no-headers sum")
            .long_value("sort-by selector field-selector")
            .takes(Words),
        named(
            read("pods")
                .short("A")
                .short_value("l")
                .long("all-namespaces containers no-headers sum")
                .long_value("sort-by selector")
                .takes(Words),
            "pod",
        ),
    ]),
    read("version")
        .short_value("o")
        .long("client short")
        .long_value("output")
        .takes(Checked(programs::kube_no_operand)),
    read("auth").subs(&[
        read("can-i").short("Aq").long("all-namespaces list quiet no-headers").long_value("subresource").takes(Words),
        read("whoami").short_value("o").long_value("output").takes(Checked(programs::kube_no_operand)),
    ]),
    read("rollout").subs(&[
        read("history").short_value("ol").long_value("revision output selector").takes(Checked(programs::kube_kinds)),
        read("status").long_maybe("watch").long_value("timeout revision").takes(Checked(programs::kube_rollout_status)),
    ]),
    read("config").subs(&[
        read("current-context"),
        CONTEXTS,
        named(CONTEXTS, "get-clusters"),
        named(CONTEXTS, "get-users"),
        read("view").short_value("o").long("minify").long_value("output").takes(Checked(programs::kube_no_operand)),
    ]),
]);

const CONTAINERS: Spec = read("docker").subs(&[
    read("ps")
        .short("aqsl")
        .short_value("fn")
        .long("all quiet size latest no-trunc")
        .long_value("filter format last")
        .takes(Operands::None),
    read("logs")
        .short("t")
        .short_value("n")
        .long("timestamps details")
        .long_value("tail since until")
        .takes(Exactly(1)),
    read("images")
        .short("aq")
        .short_value("f")
        .long("all quiet no-trunc digests")
        .long_value("filter format")
        .takes(Words),
    read("version").short_value("f").long_value("format"),
    read("info").short_value("f").long_value("format"),
    read("stats").short("a").long("no-stream all no-trunc").long_value("format").takes(Checked(programs::docker_stats)),
    read("top").takes(Exactly(1)),
    read("port").takes(Words),
    read("system").subs(&[read("df").short("v").long("verbose").long_value("format"), read("info")]),
    read("network").subs(&[read("ls").short("q").long("quiet no-trunc")]),
    read("volume").subs(&[read("ls").short("q").long("quiet")]),
    read("container").subs(&[read("ls")
        .short("aqs")
        .short_value("fn")
        .long("all quiet size no-trunc")
        .long_value("filter format")]),
    read("image").subs(&[read("ls").short("aq").long("all quiet no-trunc")]),
]);

pub(crate) const READERS: &[Spec] = &[
    KUBECTL,
    CONTAINERS,
    named(CONTAINERS, "podman"),
    named(CONTAINERS, "nerdctl"),
    read("crictl").subs(&[
        read("ps").short("aqo").long("all quiet"),
        read("pods").short("q").long("quiet").long_value("name namespace state"),
        read("images").short("q"),
        read("info"),
        read("version"),
    ]),
    read("helm").short_value("n").long_value("namespace kube-context").subs(&[
        read("list")
            .short("aAqrd")
            .short_value("ofl")
            .long("all all-namespaces deployed failed pending short reverse")
            .long_value("output filter selector max")
            .takes(Operands::None),
        named(read("list").short("aAq").short_value("o").long("all all-namespaces").long_value("output"), "ls"),
        read("status").short_value("o").long_value("output revision").takes(Exactly(1)),
        read("history").short_value("o").long_value("output max").takes(Exactly(1)),
        read("version").long("short client"),
    ]),
    read("qm").subs(&[read("list").long("full"), read("status").long("verbose").takes(Exactly(1))]),
    read("pct").subs(&[read("list"), read("status").long("verbose").takes(Exactly(1))]),
    read("pvecm").subs(&[read("status"), read("nodes")]),
    read("pvesm").subs(&[read("status").long("enabled").long_value("storage content")]),
    read("pveversion").short("v").long("verbose"),
    read("pveperf").takes(Operands::None),
    read("pvesh").subs(&[
        read("get")
            .long("noborder noheader human-readable")
            .long_value("output-format")
            .takes(Checked(programs::pvesh)),
        read("ls").long("noborder noheader").long_value("output-format").takes(Checked(programs::pvesh)),
    ]),
    read("ceph").short("s").short_value("f").long("status").long_value("format").takes(Operands::None).bare().subs(&[
        read("status"),
        read("health").subs(&[read("detail")]).bare(),
        read("df").subs(&[read("detail")]).bare(),
        read("versions"),
        read("osd").subs(&[read("tree"), read("df"), read("stat"), read("status"), read("perf")]),
        read("mon").subs(&[read("stat")]),
        read("pg").subs(&[read("stat")]),
    ]),
];
