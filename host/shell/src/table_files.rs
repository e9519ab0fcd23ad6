//! Readers of text and files, and small facts of the shell. Data only.

use crate::flags::{Operands, Spec, asks, read};
use crate::{programs_awk, programs_text as programs};
use Operands::{Checked, Devices, Files, FilesMax, Words, WordsThenFiles};

const GREP: Spec = read("grep")
    .short("EFGPivwxycnHhlLosqrRaIbzTUZ")
    .short_value("efmABCdD")
    .long("extended-regexp fixed-strings basic-regexp perl-regexp ignore-case no-ignore-case invert-match word-regexp line-regexp count files-with-matches files-without-match only-matching quiet silent no-messages byte-offset with-filename no-filename line-number initial-tab null text recursive dereference-recursive null-data line-buffered")
    .long_value("regexp file max-count after-context before-context context include exclude exclude-dir label binary-files directories devices")
    .long_maybe("color colour")
    .count()
    .takes(Files);

const AWK: Spec = read("awk")
    .short_value("Fv")
    .long_value("field-separator assign")
    .refuses(&[
        ("f file i include l load", "reads a program from a file"),
        ("o dump-variables pretty-print profile p d", "writes files"),
    ])
    .takes(Checked(programs_awk::awk));

// A check tells only whether files are what a list says.
const SUM: Spec = read("md5sum")
    .short("btcw")
    .long("binary text tag zero check quiet status ignore-missing warn strict")
    .takes(Files);

const GIT_RUNS: &str = "may run programs that the repository's settings name";
const GIT_CHANGES: &str = "changes files or history";

pub(crate) const READERS: &[Spec] = &[
    read("cat").short("AbeEnstTuv").long("show-all number-nonblank show-ends number squeeze-blank show-tabs show-nonprinting").takes(Files),
    read("tac").short("br").short_value("s").long("before regex").takes(Files),
    GREP,
    GREP.called("egrep"),
    GREP.called("fgrep"),
    read("rg")
        .short("ivwxcnNHlLosqaFPSUu0p.")
        .short_value("egtTmABCMr")
        .long("ignore-case invert-match word-regexp line-regexp count line-number no-line-number with-filename no-filename files-with-matches only-matching quiet text fixed-strings smart-case hidden no-ignore multiline json stats files heading no-heading no-config")
        .long_value("regexp glob type type-not max-count after-context before-context context max-columns max-depth sort")
        .long_maybe("color")
        .takes(Files),
    read("ls")
        .short("aAbBcCdfFgGhHiklLmnNopqQrRsStuUvxXZ1")
        .short_value("ITw")
        .long("all almost-all human-readable recursive reverse size inode directory si full-time group-directories-first numeric-uid-gid dereference escape no-group classify")
        .long_value("time-style sort time format ignore width block-size")
        .long_maybe("color")
        .takes(Devices),
    read("pwd").short("LP"),
    read("whoami"),
    read("tty").short("s"),
    read("arch"),
    read("nproc").long("all"),
    read("id").short("agGnruzZ").long("group groups name real user").takes(Words),
    read("groups").takes(Words),
    read("date").short("uR").short_maybe("I").short_value("dr").long("utc universal rfc-email").long_value("date rfc-3339").long_maybe("iso-8601").takes(Checked(programs::date)),
    read("head").short("qvz").short_value("nc").long("quiet silent verbose").long_value("lines bytes").count().takes(Files),
    read("tail").short("qvz").short_value("nc").long("quiet silent verbose").long_value("lines bytes").count().takes(Files),
    read("wc").short("clmLw").long("bytes chars lines words max-line-length").takes(Files),
    read("sort")
        .short("bdfgiMhnRrVcCmsuz")
        .short_value("kt")
        .long("ignore-leading-blanks dictionary-order ignore-case general-numeric-sort human-numeric-sort numeric-sort month-sort version-sort reverse unique stable zero-terminated check merge")
        .long_value("key field-separator")
        .takes(Files),
    read("uniq").short("cdDiuz").short_value("fsw").long("count repeated ignore-case unique zero-terminated").long_value("skip-fields skip-chars check-chars").takes(Checked(programs::uniq)),
    read("cut").short("nsz").short_value("bcdf").long("complement only-delimited").long_value("bytes characters delimiter fields output-delimiter").takes(Files),
    read("tr").short("cCdst").long("complement delete squeeze-repeats truncate-set1").takes(Words),
    read("nl").short("p").short_value("bdfhilnsvw").takes(Files),
    read("rev").takes(Files),
    read("fold").short("bs").short_value("w").takes(Files),
    read("expand").short("i").short_value("t").takes(Files),
    read("column").short("txnLeJ").short_value("csoNRHETW").long("table").long_value("separator output-separator table-columns").takes(Files),
    read("paste").short("sz").short_value("d").long("serial").long_value("delimiters").takes(Files),
    read("join").short("iz").short_value("12aetjov").takes(Files),
    read("comm").short("123z").takes(Files),
    read("diff")
        .short("abBcdEeiNnpqrstTuwyZ")
        .short_value("CUWIxF")
        .long("brief unified side-by-side ignore-case ignore-all-space ignore-blank-lines recursive new-file report-identical-files suppress-common-lines minimal")
        .long_value("width exclude label")
        .long_maybe("color")
        .takes(Files),
    read("cmp").short("bls").short_value("n").takes(Files),
    read("stat").short("fLt").short_value("c").long("dereference file-system terse").long_value("format printf").takes(Devices),
    read("file").short("bhikLNrs0").long("brief mime mime-type mime-encoding dereference").takes(Files),
    read("du").short("aAbchHklLmPsSx0").short_value("dBt").long("all human-readable summarize total one-file-system apparent-size bytes si").long_value("max-depth exclude block-size threshold").takes(Files),
    read("df").short("ahHiklmPT").short_value("Btx").long("all human-readable inodes print-type si total local portability").long_value("type exclude-type block-size").long_maybe("output").takes(Devices),
    read("tree").short("adfilpsugDhrtxFJXNQvcUC").short_value("LPI").takes(Files),
    read("basename").short("az").short_value("s").takes(Words),
    read("dirname").short("z").takes(Words),
    read("realpath").short("emLPqsz").takes(Devices),
    read("readlink").short("femnqsvz").takes(Devices),
    read("echo").short("neE").takes(Words),
    read("printf").takes(Checked(programs::printf)),
    read("true"),
    read("false"),
    read("seq").short("w").short_value("fs").takes(Words),
    read("sleep").takes(Operands::Exactly(1)),
    read("which").short("a").takes(Words),
    read("whereis").short("bmsu").takes(Words),
    SUM,
    SUM.called("sha1sum"),
    SUM.called("sha256sum"),
    SUM.called("sha512sum"),
    SUM.called("b2sum"),
    SUM.called("cksum"),
    read("od").short("abcdfiloxsv").short_value("AjNStw").takes(Files),
    read("hexdump").short("bcCdovx").short_value("ns").takes(Files),
    read("strings").short("afw").short_value("nte").takes(Files),
    read("jq")
        .short("rcnsSaejMCR")
        .long("raw-output compact-output null-input slurp sort-keys ascii-output exit-status join-output monochrome-output color-output raw-input tab")
        .long_value("indent")
        .refuses(&[("f from-file L slurpfile rawfile", "reads a program or a file"), ("args jsonargs", "not known to only read")])
        .takes(Checked(programs::jq)),
    read("sed").short("nErsuz").short_value("e").long("quiet silent regexp-extended separate unbuffered null-data posix sandbox").long_value("expression").takes(Checked(programs::sed)),
    AWK,
    AWK.called("gawk"),
    AWK.called("mawk"),
    // git runs programs that the repository's own settings name: fsmonitor and filters for the state of the files,
    // textconv and external diff for their contents, gpg for signatures, a transport for missing objects. What looks at
    // files asks; what only reads history is tier 1 with `crate::environment`, which switches the rest off.
    read("git")
        .short("P")
        .long("no-pager")
        .refuses(&[
            ("c config-env", "sets what git runs"),
            ("C git-dir work-tree exec-path namespace super-prefix", "takes another repository or other programs"),
            ("p paginate", "runs a pager"),
        ])
        .subs(&[
            read("log")
                .short("puiE")
                .short_value("n")
                .long("oneline graph stat shortstat numstat name-only name-status all merges no-merges first-parent reverse abbrev-commit no-decorate patch no-ext-diff no-textconv follow no-color branches tags remotes topo-order date-order full-history relative-date no-patch regexp-ignore-case extended-regexp all-match invert-grep left-right left-only right-only boundary source summary raw simplify-by-decoration ancestry-path no-walk parents children")
                .long_value("max-count since until after before author committer grep skip diff-filter min-parents max-parents")
                .long_maybe("pretty format date color decorate abbrev")
                .refuses(&[("ext-diff textconv S G L", GIT_RUNS), ("show-signature", "runs the program that checks signatures"), ("output", "writes a file")])
                .count()
                .takes(Checked(programs::git_log)),
            read("show")
                .short("sp")
                .long("stat shortstat numstat name-only name-status oneline no-patch patch no-color no-ext-diff no-textconv")
                .long_maybe("pretty format date")
                .refuses(&[("ext-diff textconv", GIT_RUNS), ("show-signature", "runs the program that checks signatures"), ("output", "writes a file")])
                .takes(Checked(programs::git_show)),
            read("branch").short("arv").long("all remotes list verbose show-current no-color").long_value("contains no-contains sort format points-at").long_maybe("merged no-merged color").takes(Checked(programs::git_branch)).refuses(&[("d D m M c C f delete move copy force set-upstream-to u unset-upstream edit-description", "changes branches")]),
            read("remote").refuses(&[("v verbose", "shows addresses, which may hold tokens")]).bare().subs(&[asks("show", "asks the remote"), asks("add", "changes the remotes"), asks("remove", "changes the remotes"), asks("set-url", "changes the remotes"), asks("update", "reaches out"), asks("prune", "changes branches")]),
            read("tag").short("l").short_maybe("n").long("list").long_value("sort format contains no-contains points-at").long_maybe("merged no-merged").takes(Checked(programs::git_tag)).refuses(&[("d delete a s f", "changes tags")]),
            read("rev-parse").long("abbrev-ref show-toplevel verify is-inside-work-tree is-bare-repository is-shallow-repository HEAD git-dir git-common-dir show-prefix symbolic-full-name all branches tags remotes").long_maybe("short").takes(Words),
            read("rev-list").short_value("n").long("count all max-count").long_value("max-count since until author").count().takes(Words),
            read("describe").long("tags always all long exact-match first-parent contains").long_value("match exclude").long_maybe("abbrev candidates").refuses(&[("dirty broken", GIT_RUNS)]).takes(Words),
            read("ls-files").short("csto").long("cached stage others exclude-standard directory full-name deduplicate").takes(Files),
            read("ls-tree").short("rtldz").long("name-only full-name long").takes(Words),
            read("shortlog").short("sne").long("summary numbered email no-merges merges all").long_value("since until after before author").takes(Checked(programs::git_shortlog)),
            read("reflog").short_value("n").long_value("max-count since until").long_maybe("date").count().bare().subs(&[read("show").short_value("n").long_value("max-count since until").long_maybe("date").count().takes(Words), asks("expire", "removes history"), asks("delete", "removes history")]),
            read("stash").subs(&[read("list"), asks("show", GIT_RUNS), asks("pop", GIT_CHANGES), asks("apply", GIT_CHANGES), asks("drop", "removes changes"), asks("clear", "removes changes"), asks("push", GIT_CHANGES)]),
            read("version"),
            // Names and kinds of objects; what is in them may be a secret, and is `git show`'s.
            read("cat-file").short("tse").takes(Checked(programs::git_object)),
            read("for-each-ref").long_value("sort format count contains no-contains points-at merged no-merged").takes(Checked(programs::git_refs)),
            read("show-ref").short("d").long("head heads tags branches verify hash abbrev dereference quiet").takes(Words),
            read("merge-base").short("a").long("all octopus independent is-ancestor fork-point").takes(Words),
            read("count-objects").short("vH").long("verbose human-readable"),
            read("name-rev").long("name-only tags always all no-undefined").takes(Words),
            asks("status", GIT_RUNS),
            asks("diff", GIT_RUNS),
            asks("blame", GIT_RUNS),
            asks("grep", GIT_RUNS),
            asks("config", "may show credentials, and sets what git runs"),
            asks("fetch", "reaches out, and may run programs"),
            asks("pull", "reaches out, and changes files"),
            asks("push", "sends commits away; forced ones never run"),
            asks("clone", "reaches out, and may run programs"),
            asks("ls-remote", "reaches out"),
            asks("submodule", "reaches out, and may run programs"),
            asks("checkout", GIT_CHANGES),
            asks("switch", GIT_CHANGES),
            asks("restore", GIT_CHANGES),
            asks("reset", "may throw changes away"),
            asks("clean", "removes files"),
            asks("add", GIT_CHANGES),
            asks("commit", GIT_CHANGES),
            asks("merge", GIT_CHANGES),
            asks("rebase", GIT_CHANGES),
            asks("cherry-pick", GIT_CHANGES),
            asks("revert", GIT_CHANGES),
            asks("rm", "removes files"),
            asks("mv", GIT_CHANGES),
            asks("gc", GIT_CHANGES),
            asks("bisect", "may run programs"),
            asks("archive", "writes files"),
            read("worktree").subs(&[read("list").short("v").long("porcelain verbose"), asks("add", GIT_CHANGES), asks("remove", "removes files"), asks("prune", GIT_CHANGES), asks("move", GIT_CHANGES), asks("lock", GIT_CHANGES), asks("unlock", GIT_CHANGES), asks("repair", GIT_CHANGES)]),
        ]),
    read("numfmt").short_value("d").long("header").long_value("to from to-unit from-unit suffix padding field delimiter format round invalid").takes(Words),
    read("zipinfo").takes(FilesMax(1)),
    read("fmt").short("cstu").short_value("pwg").takes(Files),
    read("pr").short("adfFmtT").short_value("hlow").takes(Files),
    read("unexpand").short("a").short_value("t").takes(Files),
    read("tsort").takes(FilesMax(1)),
    read("sum").short("rs").takes(Files),
    SUM.called("sha224sum"),
    SUM.called("sha384sum"),
    read("base64").short("i").short_value("w").long_value("wrap").refuses(&[("d decode D", "decoded text may hide what it is"), ("o output", "writes a file")]).takes(FilesMax(1)),
    read("xxd").short("abCEipu").short_value("cglos").refuses(&[("r", "writes what it is given back as bytes")]).takes(FilesMax(1)),
    read("cal").short("13jmsy").takes(Words),
    read("factor").takes(Words),
    read("expr").takes(Words),
    read("namei").short("lmnovx").takes(Devices),
    read("getfacl").short("aceEnpRLPst").takes(Devices),
    read("lsattr").short("adlpRvV").takes(Files),
    read("getcap").short("rvn").takes(Files),
    read("zdump").short("v").takes(Words),
    read("iconv").short_value("ft").long_value("from-code to-code").refuses(&[("o output", "writes a file")]).takes(Files),
    read("look").takes(WordsThenFiles(1)),
];
