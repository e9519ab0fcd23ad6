//! Readers of text and files, and small facts of the shell. Data only.

use crate::flags::{Operands, Spec, read};
use crate::programs;
use Operands::{Checked, Files, FilesMax, Words, WordsThenFiles};

const GREP: Spec = read("grep")
    .short("EFGPivwxycnHhlLosqrRaIbzTUZ")
    .short_value("efmABCdD")
    .long("extended-regexp fixed-strings basic-regexp perl-regexp ignore-case no-ignore-case invert-match word-regexp line-regexp count files-with-matches files-without-match only-matching quiet silent no-messages byte-offset with-filename no-filename line-number initial-tab null text recursive dereference-recursive null-data line-buffered")
    .long_value("regexp file max-count after-context before-context context include exclude exclude-dir label binary-files directories devices")
    .long_maybe("color colour")
    .count()
    .takes(Files);

const SUM: Spec = read("md5sum").short("bt").long("binary text tag zero").takes(Files);

const fn named(mut spec: Spec, name: &'static str) -> Spec {
    spec.name = name;
    spec
}

pub(crate) const READERS: &[Spec] = &[
    read("cat").short("AbeEnstTuv").long("show-all number-nonblank show-ends number squeeze-blank show-tabs show-nonprinting").takes(Files),
    read("tac").short("br").short_value("s").long("before regex").takes(Files),
    GREP,
    named(GREP, "egrep"),
    named(GREP, "fgrep"),
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
        .takes(Files),
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
    read("column").short("txnLe").short_value("csoNRHETWJ").long("table").long_value("separator output-separator table-columns").takes(Files),
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
    read("stat").short("fLt").short_value("c").long("dereference file-system terse").long_value("format printf").takes(Files),
    read("file").short("bhikLNprs0").long("brief mime mime-type mime-encoding dereference").takes(Files),
    read("du").short("aAbchHklLmPsSx0").short_value("dBt").long("all human-readable summarize total one-file-system apparent-size bytes si").long_value("max-depth exclude block-size threshold").takes(Files),
    read("df").short("ahHiklmPT").short_value("Btx").long("all human-readable inodes print-type si total local portability").long_value("type exclude-type block-size").long_maybe("output").takes(Files),
    read("tree").short("adfilpsugDhrtxFJXNQvcUC").short_value("LPI").takes(Files),
    read("basename").short("az").short_value("s").takes(Words),
    read("dirname").short("z").takes(Words),
    read("realpath").short("emLPqsz").takes(Files),
    read("readlink").short("femnqsvz").takes(Files),
    read("echo").short("neE").takes(Words),
    read("printf").takes(Checked(programs::printf)),
    read("true"),
    read("false"),
    read("seq").short("w").short_value("fs").takes(Words),
    read("sleep").takes(Operands::Exactly(1)),
    read("which").short("a").takes(Words),
    read("whereis").short("bmsu").takes(Words),
    SUM,
    named(SUM, "sha1sum"),
    named(SUM, "sha256sum"),
    named(SUM, "sha512sum"),
    named(SUM, "b2sum"),
    named(SUM, "cksum"),
    read("od").short("abcdfiloxsv").short_value("AjNStw").takes(Files),
    read("hexdump").short("bcCdovx").short_value("ns").takes(Files),
    read("strings").short("afw").short_value("nte").takes(Files),
    read("jq")
        .short("rcnsSaejMC")
        .long("raw-output compact-output null-input slurp sort-keys ascii-output exit-status join-output monochrome-output color-output raw-input tab")
        .long_value("indent")
        .takes(Checked(programs::jq)),
    read("sed").short("nErsuz").short_value("e").long("quiet silent regexp-extended separate unbuffered null-data posix sandbox").long_value("expression").takes(Checked(programs::sed)),
    read("awk").short_value("F").long_value("field-separator").takes(Checked(programs::awk)),
    named(read("awk").short_value("F").long_value("field-separator").takes(Checked(programs::awk)), "gawk"),
    named(read("awk").short_value("F").takes(Checked(programs::awk)), "mawk"),
    read("git")
        .short("P")
        .long("no-pager")
        .subs(&[
            read("log")
                .short("pu")
                .short_value("nSGL")
                .long("oneline graph decorate stat shortstat numstat name-only name-status all merges no-merges first-parent reverse abbrev-commit no-decorate patch no-ext-diff no-textconv follow no-color")
                .long_value("max-count since until after before author grep skip")
                .long_maybe("pretty format date")
                .count()
                .takes(Files),
            read("status").short("sbuv").long("short branch porcelain long show-stash ignored"),
            read("diff").short("wbR").short_value("U").long("stat shortstat numstat name-only name-status cached staged no-color no-ext-diff no-textconv").takes(Files),
            read("show").short("sw").long("stat shortstat numstat name-only name-status oneline no-patch no-color no-ext-diff no-textconv").long_maybe("pretty format").takes(Files),
            read("branch").short("arv").long("all remotes list verbose show-current no-color"),
            read("remote").short("v").long("verbose"),
            read("tag").short("l").short_maybe("n").long("list"),
            read("rev-parse").long("short abbrev-ref show-toplevel verify is-inside-work-tree HEAD").takes(Words),
            read("describe").long("tags always all dirty long").takes(Words),
            read("ls-files").short("cdmost").takes(Files),
            read("shortlog").short("sne").takes(Words),
            read("blame").short("wCM").short_value("L").takes(Files),
        ]),
    read("zipinfo").takes(FilesMax(1)),
    read("look").takes(WordsThenFiles(1)),
];
