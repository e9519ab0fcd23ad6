//! Random shell lines: mostly near tier 1, with every construct of the grammar strewn in, and without a path of a program.

/// A small generator of numbers, so that each run is the same and needs no library.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap_or(0) % bound.max(1)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from.get(self.below(from.len())).copied().unwrap_or_default()
    }
}

/// Commands that read, with arguments their tables know: lines of these alone are tier 1.
const READS: &[&str] = &[
    "ls",
    "ls -la",
    "cat f",
    "cat -n f g",
    "grep -i x f",
    "grep -c 'a b' f",
    "echo",
    "echo -n",
    "printf %s",
    "head -n 5 f",
    "tail -20 f",
    "wc -l",
    "sort -rn",
    "uniq -c",
    "kubectl get pods",
    "kubectl -n a get pods -o wide",
    "kubectl logs web-0",
    "systemctl status x",
    "df -h",
    "free -m",
    "uptime",
    "ps aux",
    "whoami",
    "pwd",
    "true",
    "false",
    "cut -d : -f 1",
    "tr a b",
    "git log --oneline",
    "docker ps -a",
    "ip addr show",
    "ss -tlnp",
    "sed -n 1,2p f",
    "awk '{print $1}' f",
    "jq .a f",
    "find f -name x",
    "date -u",
    "basename a/b",
    "dirname a",
    "seq 3",
    "id",
    "hostname",
    "stat f",
    "du -sh f",
];
/// Commands that must never run from a tier-1 line.
const CHANGES: &[&str] = &[
    "rm",
    "rm -rf x",
    "mv f g",
    "sh -c ls",
    "eval ls",
    "kubectl delete pod x",
    "tool",
    "sudo ls",
    "xargs ls",
    "cd x",
    "exec ls",
    "command ls",
    "find f -delete",
    "sort -o f g",
    "kill 1",
    "env ls",
    "set -f",
    "export a=b",
    "source f",
    ". f",
    "test -e f",
    "[ -e f ]",
    "trap ls EXIT",
    "type ls",
    "alias ls=rm",
    "time",
    "builtin ls",
    "declare x",
    "shopt -s extglob",
    "dd",
    "tee g",
    "unset IFS",
];
/// Words, quoted in every way, and pieces of expansions.
const WORDS: &[&str] = &[
    "a",
    "b c",
    "x-y",
    "'a b'",
    "\"a b\"",
    "a\\ b",
    "''",
    "\"\"",
    "'$x'",
    "\"\\$x\"",
    "\\$x",
    "a'b'c",
    "\"a'b\"",
    "'a\"b'",
    "\"a\\\\b\"",
    "a\\b",
    "\\\\",
    "a$",
    "\"a$\"",
    "'a;b'",
    "\"a|b\"",
    "\\;",
    "\\|",
    "\\&",
    "'#'",
    "a#b",
    "\\#",
    "{}",
    "=",
    "a=b",
    "'a=b'",
    "-",
    "--",
    "%",
    "^",
    "+",
    "@",
    ":",
    ",",
    "1",
    "2",
    "20",
    "a:b",
    "~a'",
    "x~",
    "!",
    "a!b",
    "'!'",
    "\"!\"",
    "]",
    "a]",
    "\\[",
    "'*'",
    "\"?\"",
    "\\*",
    "\\~",
    "'~'",
    "-n",
    "-v",
    "./f",
    "a/b",
    "if",
    "then",
    "done",
    "in",
    "'if'",
    "\\if",
    "fi",
    "\\",
    "\\\\\\a",
    "\"\\a\"",
    "\"\\`\"",
    "'`'",
    "'(' ",
    "\")\"",
    "\\(",
    "$",
    "$.",
    "\"$ \"",
    "\"$\"\"",
    "\"$/\"",
    "$%",
    "'\\'",
    "a''b",
    "\"\"''",
    "''\"\"x",
];
const EXPANSIONS: &[&str] = &[
    "$x",
    "\"$x\"",
    "${x}",
    "$(echo a)",
    "`echo a`",
    "\"$(rm a)\"",
    "$((1+1))",
    "*",
    "?",
    "[a]",
    "~",
    "~/a",
    "{a,b}",
    "{1..3}",
    "$'a'",
    "$\"a\"",
    "<(ls)",
    "$?",
    "$#",
    "${x:-$(rm a)}",
    "a*",
    "\"`rm a`\"",
    "$[1+1]",
    "{a",
    "a}",
    "{a}",
    "a=~/b",
    "$@",
    "\"$@\"",
    "a[b",
    "$'\\x72\\x6d'",
    "\\\n",
    "a\\\nb",
    "$(rm x)b",
    "+(a)",
    "!(a)",
    "=(a)",
    "<(rm x)",
    ">(rm x)",
];
const REDIRECTIONS: &[&str] = &[
    "2>&1",
    ">/dev/null",
    "2>/dev/null",
    "< f",
    "<g",
    "2> /dev/null",
    "> /dev/null",
    "1>/dev/null",
    "0<f",
    "</dev/null",
    "< 'f'",
    "2>'/dev/null'",
];
const OTHER_REDIRECTIONS: &[&str] = &[
    ">f",
    ">>f",
    "2>f",
    "&>/dev/null",
    ">&/dev/null",
    "<<E\na\nE\n",
    "<<<a",
    "<>f",
    ">|f",
    ">&2",
    "1>&2",
    "2>&-",
    "<&-",
    "3<f",
    "12>f",
    "2>&1x",
    "2>&12",
    "<<'E'\n$(rm a)\nE\n",
    "<<-E\n\ta\n\tE\n",
    ">/dev/nullx",
    "< f < g",
    "2>& 1",
    "2 >&1",
    "{a}>f",
    ">f$(rm a)",
    "< $(rm a)",
    "2>&\"1\"",
    "&>>f",
];
const JOINTS: &[&str] = &[" | ", " && ", " || ", "; ", "|", "&&", "||", ";", " ; ", "  |  "];
const OTHER_JOINTS: &[&str] =
    &[" & ", "\n", " |& ", ";;", " ! ", " | ! ", "\n\n", "&", " |\n", " &&\n", "| |", "\r\n", "\t|\t"];

fn command(random: &mut Random) -> String {
    let mut line = String::new();
    if random.one_in(40) {
        line.push_str(random.pick(&[
            "a=b ",
            "a= ",
            "a+=b ",
            "a[0]=b ",
            "! ",
            "time ",
            "{ ",
            "( ",
            "a=$(rm x) ",
            "\\",
            "''",
            "'a'=b ",
            "a\\=b ",
            "-",
            "time -p ",
            "exec ",
            "2>&1 ",
            "<f ",
            ">/dev/null ",
        ]));
    }
    let name = if random.one_in(12) { random.pick(CHANGES) } else { random.pick(READS) };
    // `l's'`: quoting in a name changes nothing.
    match (random.below(30), name.split_at_checked(1)) {
        (0, Some((a, b))) => line.push_str(&format!("{a}''{b}")),
        (1, Some((a, b))) => line.push_str(&format!("\\{a}{b}")),
        (2, Some((a, b))) => line.push_str(&format!("\"{a}\"{b}")),
        _ => line.push_str(name),
    }
    for _ in 0..random.below(4) {
        line.push(' ');
        line.push_str(if random.one_in(14) { random.pick(EXPANSIONS) } else { random.pick(WORDS) });
        if random.one_in(10) {
            line.push_str(random.pick(WORDS));
        }
    }
    for _ in 0..(if random.one_in(3) { 1 + random.below(2) } else { 0 }) {
        line.push_str(if random.one_in(12) { "" } else { " " });
        line.push_str(if random.one_in(10) { random.pick(OTHER_REDIRECTIONS) } else { random.pick(REDIRECTIONS) });
    }
    if random.one_in(60) {
        line.push_str(random.pick(&[
            " }",
            "; }",
            " )",
            " # a",
            "#a",
            " #",
            " ; # rm x",
            " fi",
            "; done",
            " \\",
            " '",
            " \"",
            " &",
            ";",
        ]));
    }
    line
}

/// Gives the next line.
pub(crate) fn line(random: &mut Random) -> String {
    let mut line = command(random);
    for _ in 0..random.below(4) {
        line.push_str(if random.one_in(14) { random.pick(OTHER_JOINTS) } else { random.pick(JOINTS) });
        line.push_str(&command(random));
    }
    match random.below(120) {
        0 => format!("if {line}; then ls; fi"),
        1 => format!("f() {{ {line}; }}; f"),
        2 => format!("for i in a; do {line}; done"),
        3 => format!("( {line} )"),
        4 => format!("{{ {line}; }}"),
        5 => format!("echo $({line})"),
        6 => format!("case a in a) {line};; esac"),
        7 => format!("[[ a ]] && {line}"),
        8 => format!("cat <<E\n{line}\nE"),
        // One sign out of place: what a hostile writer would try first.
        9..=16 => {
            let at = random.below(line.len() + 1);
            let (a, b) = line.split_at_checked(at).unwrap_or((&line, ""));
            format!(
                "{a}{}{b}",
                random.pick(&[
                    "'", "\"", "\\", "$", "`", "(", ")", "{", "}", "<", ">", "&", "|", ";", "#", "\n", "*", "=", "!",
                    " ", "~", "[", "]", "\t", "%", "^"
                ])
            )
        }
        17..=20 => {
            let at = random.below(line.len());
            let (a, b) = line.split_at_checked(at).unwrap_or((&line, ""));
            format!("{a}{}", b.get(1..).unwrap_or_default())
        }
        _ => line,
    }
}
