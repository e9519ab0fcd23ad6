//! Arguments that are spelled otherwise than getopt has it, given as the tables know them.
//!
//! Must not decide anything: what is left out here is a text that names nothing, what is given two dashes must be in the
//! table as well.

/// Gives the arguments as the table of the command knows them; none where that is what they are.
pub(crate) fn respelled<'a>(name: &str, args: &[&'a str]) -> Option<Vec<&'a str>> {
    match name {
        // `-b` alone would read commands from a file.
        "ip" | "bridge" | "tc" => Some(args.iter().map(|arg| ip_flag(arg)).collect()),
        "lshw" => Some(args.iter().map(|arg| lshw_flag(arg)).collect()),
        "ps" => Some(ps_sorted(args)),
        "jq" => Some(without_jq_texts(args)),
        _ => None,
    }
}

/// ip: gives a long flag of one dash with two.
fn ip_flag(arg: &str) -> &str {
    match arg {
        "-br" | "-brief" => "--brief",
        "-stats" | "-statistics" => "--stats",
        "-details" => "--details",
        "-json" => "--json",
        "-pretty" => "--pretty",
        "-oneline" => "--oneline",
        other => other,
    }
}

/// lshw: gives a long flag of one dash with two.
fn lshw_flag(arg: &str) -> &str {
    match arg {
        "-short" => "--short",
        "-businfo" => "--businfo",
        "-numeric" => "--numeric",
        "-sanitize" => "--sanitize",
        "-quiet" => "--quiet",
        "-json" => "--json",
        "-class" => "--class",
        other => other,
    }
}

/// ps: leaves out `--sort -rss`, of which the value looks like a flag; only columns that are no letters of a flag.
fn ps_sorted<'a>(args: &[&'a str]) -> Vec<&'a str> {
    const COLUMNS: &[&str] = &["-%cpu", "-%mem", "-pcpu", "-pmem", "-rss", "-vsz", "-nlwp", "-pid"];
    let mut left = Vec::with_capacity(args.len());
    let mut rest = args.iter().peekable();
    while let Some(arg) = rest.next() {
        if *arg == "--sort" && rest.next_if(|value| COLUMNS.contains(value)).is_some() {
            continue;
        }
        left.push(*arg);
    }
    left
}

/// Leaves out `--arg NAME VALUE` of jq, which takes two words; a text, and no file, whatever it says.
fn without_jq_texts<'a>(args: &[&'a str]) -> Vec<&'a str> {
    let mut left = Vec::new();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let mut two = rest.clone();
        match (*arg, two.next(), two.next()) {
            ("--", ..) => {
                left.push(*arg);
                left.extend(rest.by_ref());
            }
            ("--arg" | "--argjson", Some(name), Some(value))
                if !value.starts_with('-') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') =>
            {
                rest = two;
            }
            _ => left.push(*arg),
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::respelled;

    fn words(name: &str, line: &str) -> String {
        respelled(name, &line.split(' ').collect::<Vec<_>>()).unwrap_or_default().join(" ")
    }

    #[test]
    fn only_what_is_listed_is_spelled_anew() {
        assert_eq!(words("ip", "-details -br -batch x -b y"), "--details --brief -batch x -b y");
        assert_eq!(words("lshw", "-short -class disk -dump x"), "--short --class disk -dump x");
        assert_eq!(words("ps", "aux --sort -rss x --sort -e --sort"), "aux x --sort -e --sort");
        assert_eq!(words("jq", "--arg a b . --argjson c 1 f"), ". f");
        assert_eq!(words("jq", "--arg a -f x -- --arg a b"), "--arg a -f x -- --arg a b");
        assert_eq!(words("jq", "--arg a"), "--arg a");
        assert!(respelled("ls", &["-short"]).is_none());
    }
}
