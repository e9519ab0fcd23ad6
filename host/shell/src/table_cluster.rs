//! Readers of clusters and containers, and what of them asks or never runs. Data only.
//!
//! Kubectl (1.34) and docker (20.10) were reviewed against their help texts, as were systemctl, journalctl and ss of the
//! tables of the system. The other entries were written from documentation and are narrower for it.

use crate::flags::{Operands, Spec, asks, never, read};
use crate::programs_cluster as programs;
use Operands::{Checked, Exactly, Words};

const WATCHES: &str = "waits for changes until it is stopped";
const CHANGES: &str = "changes objects of the cluster";
const SECRETS: &str = "may show secrets";

const GET: Spec = read("get")
    .short("A")
    .short_value("olL")
    .long("all-namespaces show-labels show-kind no-headers ignore-not-found show-managed-fields server-print allow-missing-template-keys")
    .long_value("output selector field-selector sort-by label-columns chunk-size subresource")
    .refuses(&[
        ("w watch watch-only output-watch-events", WATCHES),
        ("raw", "reads any path of the server, secrets too"),
        ("f filename k kustomize R recursive", "reads files or addresses, and runs what a kustomization names"),
        ("template", "may read a file"),
    ])
    .takes(Checked(programs::kube_kinds));

const CONTEXTS: Spec = read("get-contexts")
    .short_value("o")
    .long("no-headers")
    .long_value("output")
    .takes(Checked(programs::kube_contexts));

const TOP_NODES: Spec = read("nodes")
    .short_value("l")
    .long("no-headers show-capacity use-protocol-buffers")
    .long_value("sort-by selector")
    .takes(Words);

const TOP_PODS: Spec = read("pods")
    .short("A")
    .short_value("l")
    .long("all-namespaces containers no-headers sum use-protocol-buffers")
    .long_value("sort-by selector field-selector")
    .takes(Words);

const KUBECTL: Spec = read("kubectl")
    .short("h")
    .short_value("n")
    .long("help match-server-version warnings-as-errors disable-compression")
    .long_value("namespace context request-timeout")
    .refuses(&[
        ("kubeconfig kuberc", "names a file that may name a program to run"),
        ("s server tls-server-name insecure-skip-tls-verify certificate-authority", "talks to another server"),
        (
            "token as as-group as-uid as-user-extra username password client-certificate client-key user cluster",
            "acts as someone else",
        ),
        ("cache-dir profile profile-output log-file", "writes files"),
        ("v vmodule", "may print credentials"),
    ])
    // Alone, as with `--help`, it prints how it is used.
    .bare()
    .subs(&[
        GET,
        read("describe")
            .short("A")
            .short_value("l")
            .long("all-namespaces show-events")
            .long_value("selector chunk-size")
            .refuses(&[("f filename k kustomize R recursive", "reads files or addresses")])
            .takes(Checked(programs::kube_kinds)),
        read("logs")
            .short("p")
            .short_value("cl")
            .long("previous timestamps all-containers prefix ignore-errors all-pods")
            .long_value("container tail since since-time selector limit-bytes max-log-requests pod-running-timeout")
            .refuses(&[("f follow", WATCHES), ("insecure-skip-tls-verify-backend", "does not check whom it talks to")])
            .takes(Words),
        read("events")
            .short("A")
            .short_value("o")
            .long("all-namespaces no-headers show-managed-fields")
            .long_value("for types output chunk-size")
            .refuses(&[("w watch", WATCHES)])
            .takes(Checked(programs::kube_no_operand)),
        read("explain").short_value("o").long("recursive").long_value("api-version output").takes(Exactly(1)),
        read("api-resources")
            .short_value("o")
            .long("cached no-headers namespaced")
            .long_value("api-group verbs sort-by output categories")
            .takes(Checked(programs::kube_no_operand)),
        read("api-versions"),
        read("options"),
        read("help").takes(Words),
        read("cluster-info").bare().subs(&[asks("dump", "shows every object, and may write files")]),
        read("top").subs(&[
            TOP_NODES,
            TOP_NODES.called("node"),
            TOP_NODES.called("no"),
            TOP_PODS,
            TOP_PODS.called("pod"),
            TOP_PODS.called("po"),
        ]),
        read("version")
            .short_value("o")
            .long("client short")
            .long_value("output")
            .takes(Checked(programs::kube_no_operand)),
        read("auth").subs(&[
            read("can-i")
                .short("Aq")
                .long("all-namespaces list quiet no-headers")
                .long_value("subresource")
                .takes(Words),
            read("whoami").short_value("o").long_value("output").takes(Checked(programs::kube_no_operand)),
            asks("reconcile", CHANGES),
        ]),
        read("rollout").subs(&[
            read("history")
                .short_value("ol")
                .long_value("revision output selector")
                .takes(Checked(programs::kube_kinds)),
            read("status")
                .short_value("l")
                .long_maybe("watch")
                .long_value("timeout revision selector")
                .takes(Checked(programs::kube_rollout_status)),
            asks("restart", "restarts workloads"),
            asks("undo", CHANGES),
            asks("pause", CHANGES),
            asks("resume", CHANGES),
        ]),
        read("config").subs(&[
            read("current-context"),
            CONTEXTS,
            CONTEXTS.called("get-clusters"),
            CONTEXTS.called("get-users"),
            read("view")
                .short_value("o")
                .long("minify merge")
                .long_value("output")
                .refuses(&[("raw", "shows keys and tokens"), ("flatten", "may show keys")])
                .takes(Checked(programs::kube_no_operand)),
            asks("set", "changes the kubeconfig"),
            asks("unset", "changes the kubeconfig"),
            asks("set-context", "changes the kubeconfig"),
            asks("set-cluster", "changes the kubeconfig"),
            asks("set-credentials", "changes the kubeconfig"),
            asks("use-context", "changes the kubeconfig"),
            asks("use", "changes the kubeconfig"),
            asks("rename-context", "changes the kubeconfig"),
            asks("delete-context", "changes the kubeconfig"),
            asks("delete-cluster", "changes the kubeconfig"),
            asks("delete-user", "changes the kubeconfig"),
        ]),
        asks("apply", CHANGES),
        asks("create", CHANGES),
        asks("delete", "deletes objects; namespaces, nodes, volumes, definitions and --all never run"),
        asks("edit", CHANGES),
        asks("patch", CHANGES),
        asks("replace", CHANGES),
        asks("set", CHANGES),
        asks("label", CHANGES),
        asks("annotate", CHANGES),
        asks("expose", CHANGES),
        asks("autoscale", CHANGES),
        asks("scale", "changes how many replicas run"),
        asks("taint", "changes where workloads run"),
        asks("cordon", "changes where workloads run"),
        asks("uncordon", "changes where workloads run"),
        asks("drain", "evicts every pod of a node"),
        asks("certificate", "grants or denies certificates"),
        asks("exec", "runs a command in a container"),
        asks("attach", "reaches into a running process"),
        asks("debug", "starts containers in a pod or on a node"),
        asks("run", "starts a pod"),
        asks("cp", "copies files into or out of a container"),
        asks("port-forward", "opens a way into the cluster"),
        asks("proxy", "opens a way into the cluster"),
        asks("diff", "may run the program of KUBECTL_EXTERNAL_DIFF, and asks the server to try a change"),
        asks("wait", WATCHES),
        asks("kustomize", "may fetch addresses and run programs"),
        asks("plugin", "looks for programs that extend kubectl"),
        asks("completion", "prints a program for the shell"),
        asks("alpha", "commands that may change"),
        asks("convert", "reads files"),
    ]);

const PS: Spec = read("ps")
    .short("aqsl")
    .short_value("fn")
    .long("all quiet size latest no-trunc")
    .long_value("filter format last")
    .takes(Operands::None);

const IMAGES: Spec = read("images")
    .short("aq")
    .short_value("f")
    .long("all quiet no-trunc digests")
    .long_value("filter format")
    .takes(Words);

const LOGS: Spec = read("logs")
    .short("t")
    .short_value("n")
    .long("timestamps details")
    .long_value("tail since until")
    .refuses(&[("f follow", WATCHES)])
    .takes(Exactly(1));

const SERVICE_LOGS: Spec = read("logs")
    .short("t")
    .short_value("n")
    .long("timestamps details no-trunc no-resolve no-task-ids raw")
    .long_value("tail since")
    .refuses(&[("f follow", WATCHES)])
    .takes(Exactly(1));

const LIST: Spec =
    read("ls").short("q").short_value("f").long("quiet no-trunc").long_value("filter format").takes(Operands::None);
const INSPECT: Spec = asks("inspect", "shows environment variables, where secrets are kept");
const IN_CONTAINERS: &str = "changes containers";
const IN_IMAGES: &str = "changes images";

const COMPOSE: Spec = read("compose").long_value("project-name").subs(&[
    read("ps").short("aq").long("all quiet services").long_value("format status").takes(Words),
    read("ls").short("aq").long("all quiet").long_value("format filter"),
    read("logs")
        .short("t")
        .short_value("n")
        .long("timestamps no-color no-log-prefix")
        .long_value("tail since until")
        .refuses(&[("f follow", WATCHES)])
        .takes(Words),
    read("images").short("q").long("quiet").takes(Words),
    read("top").takes(Words),
    read("port").long_value("protocol index").takes(Exactly(2)),
    read("version").long("short"),
    asks("config", "shows environment variables, where secrets are kept"),
    asks("up", IN_CONTAINERS),
    asks("down", "stops and removes containers and networks"),
    asks("restart", IN_CONTAINERS),
    asks("stop", IN_CONTAINERS),
    asks("start", IN_CONTAINERS),
    asks("rm", "removes containers"),
    asks("exec", "runs a command in a container"),
    asks("run", "starts a container"),
    asks("pull", IN_IMAGES),
    asks("build", IN_IMAGES),
]);

const STATS: Spec =
    read("stats").short("a").long("no-stream all no-trunc").long_value("format").takes(Checked(programs::docker_stats));

const CONTAINERS: Spec = read("docker")
    .refuses(&[(
        "H host c context config tls tlscacert tlscert tlskey tlsverify",
        "talks to another daemon, over ssh too",
    )])
    .subs(&[
        PS,
        LOGS,
        IMAGES,
        COMPOSE,
        read("version").short_value("f").long_value("format"),
        read("info").short_value("f").long_value("format"),
        STATS,
        read("top").takes(Checked(programs::docker_top)),
        read("port").takes(Words),
        read("diff").takes(Exactly(1)),
        read("system").subs(&[
            read("df").short("v").long("verbose").long_value("format"),
            read("info"),
            asks("prune", "removes what is not in use"),
            asks("events", WATCHES),
        ]),
        read("network").subs(&[
            LIST,
            INSPECT,
            asks("create", "changes networks"),
            asks("rm", "changes networks"),
            asks("connect", "changes networks"),
            asks("disconnect", "changes networks"),
            asks("prune", "removes what is not in use"),
        ]),
        read("volume").subs(&[
            LIST,
            INSPECT,
            asks("create", "changes volumes"),
            asks("rm", "removes volumes and their data"),
            asks("prune", "removes volumes and their data"),
        ]),
        read("container").subs(&[
            PS.called("ls"),
            PS.called("list"),
            PS,
            LOGS,
            STATS,
            read("top").takes(Checked(programs::docker_top)),
            read("port").takes(Words),
            read("diff").takes(Exactly(1)),
            INSPECT,
            asks("exec", "runs a command in a container"),
            asks("rm", "removes containers"),
            asks("prune", "removes containers"),
        ]),
        read("image").subs(&[
            IMAGES.called("ls"),
            IMAGES.called("list"),
            INSPECT,
            asks("rm", IN_IMAGES),
            asks("prune", IN_IMAGES),
        ]),
        read("context").subs(&[LIST, read("show"), asks("use", "talks to another daemon from now on")]),
        read("node")
            .subs(&[LIST, read("ps").short_value("f").long("no-trunc").long_value("filter format").takes(Words)]),
        read("plugin").subs(&[
            LIST,
            asks("install", "runs a program"),
            asks("enable", "runs a program"),
            asks("rm", "changes plugins"),
            asks("inspect", "may show secrets"),
        ]),
        read("service").subs(&[
            LIST,
            SERVICE_LOGS,
            read("ps").short_value("f").long("no-trunc").long_value("filter format").takes(Words),
        ]),
        read("stack").subs(&[
            read("ls").long_value("format"),
            read("services").short("q").short_value("f").long("quiet").long_value("filter format").takes(Exactly(1)),
            read("ps").short_value("f").long("no-trunc").long_value("filter format").takes(Exactly(1)),
        ]),
        INSPECT,
        asks("history", "shows build arguments, where secrets are kept"),
        asks("events", WATCHES),
        asks("search", "carries a name out"),
        asks("run", "starts a container"),
        asks("exec", "runs a command in a container"),
        asks("attach", "reaches into a running process"),
        asks("create", IN_CONTAINERS),
        asks("start", IN_CONTAINERS),
        asks("stop", IN_CONTAINERS),
        asks("restart", IN_CONTAINERS),
        asks("kill", IN_CONTAINERS),
        asks("pause", IN_CONTAINERS),
        asks("unpause", IN_CONTAINERS),
        asks("rename", IN_CONTAINERS),
        asks("update", IN_CONTAINERS),
        asks("rm", "removes containers"),
        asks("rmi", IN_IMAGES),
        asks("pull", IN_IMAGES),
        asks("push", "sends an image away"),
        asks("build", IN_IMAGES),
        asks("tag", IN_IMAGES),
        asks("commit", IN_IMAGES),
        asks("load", IN_IMAGES),
        asks("import", IN_IMAGES),
        asks("save", "writes files"),
        asks("export", "writes files"),
        asks("cp", "copies files into or out of a container"),
        asks("login", "stores credentials"),
        asks("logout", "removes credentials"),
        asks("wait", WATCHES),
        asks("swarm", "changes the cluster"),
    ]);

pub(crate) const READERS: &[Spec] = &[
    KUBECTL,
    CONTAINERS,
    CONTAINERS.called("podman"),
    CONTAINERS.called("nerdctl").short_value("n").long_value("namespace"),
    COMPOSE.called("docker-compose"),
    read("crictl")
        .refuses(&[("r runtime-endpoint i image-endpoint c config", "talks to another daemon")])
        .subs(&[
            read("ps").short("aql").short_value("o").long("all quiet latest no-trunc").long_value("name state pod label image output").takes(Operands::None),
            read("pods").short("ql").short_value("o").long("quiet latest no-trunc").long_value("name namespace state label output").takes(Operands::None),
            read("images").short("qv").short_value("o").long("quiet digests no-trunc verbose").long_value("output").takes(Words),
            read("logs").short("pt").long("previous timestamps").long_value("tail since").refuses(&[("f follow", WATCHES)]).takes(Exactly(1)),
            read("stats").short("a").short_value("o").long("all").long_value("output id label").takes(Words),
            read("imagefsinfo"),
            asks("info", "may show the registries' credentials"),
            read("version"),
            asks("inspect", "shows environment variables, where secrets are kept"),
            asks("inspectp", "shows environment variables, where secrets are kept"),
            asks("exec", "runs a command in a container"),
            asks("rm", "removes containers"),
            asks("rmp", "removes pods"),
            asks("rmi", IN_IMAGES),
            asks("stop", IN_CONTAINERS),
            asks("stopp", IN_CONTAINERS),
            asks("pull", IN_IMAGES),
        ]),
    read("helm")
        .short_value("n")
        .long_value("namespace kube-context")
        .refuses(&[
            ("kubeconfig", "names a file that may name a program to run"),
            ("kube-token kube-apiserver kube-as-user kube-as-group kube-ca-file kube-tls-server-name kube-insecure-skip-tls-verify", "acts as someone else, or talks to another server"),
            ("debug", "may print credentials"),
            ("registry-config repository-config repository-cache", "names files to use"),
        ])
        .subs(&[
            read("list")
                .short("aAqrd")
                .short_value("ofl")
                .long("all all-namespaces deployed failed pending short reverse date superseded uninstalled uninstalling no-headers")
                .long_value("output filter selector max offset time-format")
                .takes(Operands::None),
            read("list")
                .short("aAqrd")
                .short_value("ofl")
                .long("all all-namespaces deployed failed pending short reverse date no-headers")
                .long_value("output filter selector max offset")
                .called("ls"),
            // As json or yaml it holds the values and the manifest.
            read("status")
                .long("show-desc")
                .long_value("revision")
                .refuses(&[("o output", "shows values and manifests, where secrets are kept"), ("show-resources", "shows manifests")])
                .takes(Exactly(1)),
            read("history").short_value("o").long_value("output max").takes(Exactly(1)),
            read("version").long("short client").long_value("template"),
            read("repo").subs(&[
                read("list").short_value("o").long_value("output"),
                asks("add", "changes the repositories, and reaches out"),
                asks("update", "reaches out"),
                asks("remove", "changes the repositories"),
            ]),
            asks("get", "shows values, manifests and notes, where secrets are kept"),
            asks("show", "may fetch a chart"),
            asks("env", "may show a token"),
            asks("search", "may carry a name out"),
            asks("template", "runs a chart's templates, which may ask the cluster"),
            asks("lint", "runs a chart's templates"),
            asks("install", CHANGES),
            asks("upgrade", CHANGES),
            asks("rollback", CHANGES),
            asks("uninstall", "removes a release and its objects"),
            asks("delete", "removes a release and its objects"),
            asks("test", "starts pods"),
            asks("plugin", "runs programs that extend helm"),
            asks("pull", "fetches a chart"),
            asks("push", "sends a chart away"),
        ]),
    read("etcdctl").subs(&[read("version"), asks("get", SECRETS), asks("put", CHANGES), asks("del", CHANGES), asks("snapshot", "copies or replaces the cluster's data"), asks("endpoint", SECRETS)]),
    read("crio-status").subs(&[read("info")]),
    read("minikube").subs(&[read("status"), read("version"), read("profile").subs(&[read("list")]), never("delete", "destroys a cluster")]),
    read("kind").subs(&[read("version"), read("get").subs(&[read("clusters"), read("nodes").long_value("name"), asks("kubeconfig", "shows keys")]), never("delete", "destroys a cluster")]),
    read("kubeadm").subs(&[
        read("version").short_value("o").long_value("output"),
        read("certs").subs(&[read("check-expiration"), asks("renew", "renews certificates")]),
        asks("token", "shows or makes join tokens"),
        asks("upgrade", CHANGES),
        asks("join", CHANGES),
        asks("init", CHANGES),
        never("reset", "destroys a node's cluster state"),
    ]),
];
