//! The person's own additions to the tables, as TOML.
//!
//! Owns the format, its checks, and what an entry may do to one command. Must not know where the text comes from.
//! Invariants: an entry raises freely; it lowers only with a reason, only fixed words that it names or allows, and never
//! what a destroyer, a key file or a device demands, save that a destroyer named word by word may be made to ask. Words
//! that it allows without naming them (operands, values of flags) lower nothing that the tables refuse by themselves, and
//! are not for commands that run others.
//!
//! ```toml
//! [[command]]
//! prefix = ["inventory", "show"]     # the words the command begins with
//! flags = ["--json", "--limit="]     # further flags allowed; one with `=` takes a value
//! operands = true                    # whether further words are allowed; default: false
//! tier = 1
//! reason = "prints the inventory"    # needed by every entry that lowers
//!
//! [[command]]
//! prefix = ["kubectl", "drain"]
//! tier = 3
//!
//! [[command]]
//! prefix = ["rm", "-rf", "/var/cache/app"]
//! tier = 2
//! tier3_override = true
//! reason = "the cache is rebuilt by itself"
//! ```

use std::sync::Arc;

use serde::Deserialize;

use crate::limits::{RULE_WORDS_MAX, RULES_BYTES_MAX, RULES_MAX};
use crate::tier::Tier;
use crate::{destroy, paths, runners, table};

/// The person's own entries; the default has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    entries: Arc<[Rule]>,
}

/// Why a text of rules is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// The text is longer than [`crate::limits::RULES_BYTES_MAX`].
    #[error("the shell rules are longer than {RULES_BYTES_MAX} bytes; keep fewer entries")]
    TooLong,
    /// There are more entries than [`crate::limits::RULES_MAX`].
    #[error("there are more than {RULES_MAX} shell rules; keep fewer entries")]
    TooMany,
    /// It is no TOML, or not of this form.
    #[error("line {line} of the shell rules: {problem}")]
    Form {
        /// Line of the text, counted from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// An entry asks for what no entry may.
    #[error("shell rule {entry} ({command}): {problem}; {next}")]
    Entry {
        /// Number of the entry, counted from 1.
        entry: usize,
        /// The beginning of its prefix, printable.
        command: String,
        /// What is wrong with it.
        problem: &'static str,
        /// What to do about it.
        next: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    command: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    prefix: Vec<String>,
    #[serde(default)]
    flags: Vec<String>,
    #[serde(default)]
    operands: bool,
    tier: u8,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    tier3_override: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    prefix: Vec<String>,
    flags: Vec<String>,
    operands: bool,
    tier: Tier,
    reason: String,
    overrides: bool,
}

impl Rules {
    /// Reads and checks a text of rules.
    ///
    /// # Errors
    ///
    /// [`RulesError`], which names the line or the entry, what is wrong with it and what to do. Nothing is taken then.
    pub fn parse(toml: &str) -> Result<Self, RulesError> {
        if toml.len() > RULES_BYTES_MAX {
            return Err(RulesError::TooLong);
        }
        let file: File = toml::from_str(toml).map_err(|error| {
            let begin = error.span().map_or(0, |span| span.start);
            let line = 1 + toml.get(..begin).unwrap_or_default().matches('\n').count();
            RulesError::Form { line, problem: error.message().to_owned() }
        })?;
        if file.command.len() > RULES_MAX {
            return Err(RulesError::TooMany);
        }
        let entries: Result<Vec<Rule>, RulesError> = file
            .command
            .into_iter()
            .enumerate()
            .map(|(at, entry)| {
                let command: String = entry.prefix.join(" ").chars().take(60).flat_map(char::escape_default).collect();
                checked(entry).map_err(|(problem, next)| RulesError::Entry { entry: at + 1, command, problem, next })
            })
            .collect();
        Ok(Self { entries: entries?.into() })
    }

    /// Tells whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Gives the strictest tier that an entry raises a command to, with its reason. The command may stand anywhere in
    /// the words, and other words may stand between those of the prefix: here a doubt is a match.
    pub(crate) fn raised(&self, args: &[&str]) -> Option<(Tier, &str)> {
        let raises = |rule: &&Rule| {
            let (Some((name, prefix)), false) = (rule.prefix.split_first(), rule.lowers()) else { return false };
            let mut rest = args.iter().skip_while(|arg| **arg != name && destroy::base(arg) != name);
            rest.next().is_some() && prefix.iter().all(|word| rest.any(|arg| arg == word))
        };
        let strictest = self.entries.iter().filter(raises).max_by_key(|rule| rule.tier)?;
        Some((strictest.tier, &strictest.reason))
    }

    /// Gives the tier that an entry lowers a command of fixed words to, with its reason. `judged` is what the tables say.
    pub(crate) fn lowered(&self, args: &[&str], judged: Tier) -> Option<(Tier, &str)> {
        let rule = self.entries.iter().find(|rule| {
            let from = if rule.overrides { Tier::Three } else { Tier::Two };
            rule.lowers() && from == judged && rule.covers(args)
        })?;
        Some((rule.tier, &rule.reason))
    }
}

impl Rule {
    fn lowers(&self) -> bool {
        self.tier == Tier::One || self.overrides
    }

    /// Tells whether every word is named or allowed.
    fn covers(&self, args: &[&str]) -> bool {
        let Some((begin, rest)) = args.split_at_checked(self.prefix.len()) else { return false };
        if !begin.iter().eq(self.prefix.iter()) {
            return false;
        }
        let mut rest = rest.iter();
        // What is left for the tables to judge when the flags that the entry allows are taken away.
        let mut left = begin.get(1..).unwrap_or_default().to_vec();
        while let Some(arg) = rest.next() {
            if is_special(arg) {
                return false;
            }
            let allowed = if arg.len() > 1 && arg.starts_with('-') {
                match self.flag(arg) {
                    Some(Value::Next) => rest.next().is_some_and(|v| !v.starts_with('-') && !is_special(v)),
                    Some(Value::Here) => true,
                    None => false,
                }
            } else {
                left.push(arg);
                // A word that makes the tool run or reach something, or shows secrets, has to be named.
                self.operands && !runners::reaches(arg) && !arg.to_ascii_lowercase().starts_with("secret")
            };
            if !allowed {
                return false;
            }
        }
        let (Some((name, words)), true) = (self.prefix.split_first(), self.is_wide()) else { return true };
        !table::is_reader(name, words) || table::check_reads(name, &left).is_ok()
    }

    /// Tells whether it allows words that it does not name.
    fn is_wide(&self) -> bool {
        self.operands || self.flags.iter().any(|flag| flag.ends_with('='))
    }

    fn flag(&self, arg: &str) -> Option<Value> {
        self.flags.iter().find_map(|flag| match flag.strip_suffix('=') {
            None => (flag == arg).then_some(Value::Here),
            Some(name) => match arg.strip_prefix(name)? {
                "" => Some(Value::Next),
                // Of `-o=` a tool with long flags of one dash would take `-overwrite` for something else.
                value => {
                    let plain = !name.starts_with("--") && value.starts_with(|c: char| c.is_ascii_digit());
                    (value.starts_with('=') || plain).then_some(Value::Here)
                }
            },
        })
    }
}

/// Tells whether a word names what no entry opens by a wildcard.
fn is_special(word: &str) -> bool {
    let value = word.split_once('=').map_or(word, |(_, value)| value);
    [word, value].iter().any(|path| paths::is_key_file(path) || paths::is_device(path) || paths::is_stream(path))
}

/// Where the value of a flag stands, if it has one.
enum Value {
    Here,
    Next,
}

type Problem = (&'static str, &'static str);

fn checked(entry: Entry) -> Result<Rule, Problem> {
    let tier = match entry.tier {
        1 => Tier::One,
        2 => Tier::Two,
        3 => Tier::Three,
        _ => return Err(("there is no such tier", "write tier = 1, 2 or 3")),
    };
    let Some((name, rest)) = entry.prefix.split_first() else {
        return Err(("it names no command", "write prefix = [\"command\", …]"));
    };
    if entry.prefix.len() > RULE_WORDS_MAX || entry.flags.len() > RULE_WORDS_MAX {
        return Err(("it has more than 64 words or flags", "split it"));
    }
    if name.is_empty()
        || entry.prefix.iter().chain(&entry.flags).any(|word| !word.bytes().all(|b| matches!(b, b' '..=b'~')))
    {
        return Err(("its words are not plain printable ASCII", "write them as they are typed"));
    }
    if entry.flags.iter().any(|flag| flag.len() < 2 || !flag.starts_with('-') || flag == "--") {
        return Err(("one of its flags does not begin with a dash", "write flags = [\"--json\", \"-n=\"]"));
    }
    let rule = Rule {
        tier,
        overrides: entry.tier3_override,
        flags: entry.flags,
        operands: entry.operands,
        reason: if entry.reason.trim().is_empty() { "a rule of the settings".to_owned() } else { entry.reason.clone() },
        prefix: entry.prefix.clone(),
    };
    if !rule.lowers() {
        if !rule.flags.is_empty() || rule.operands {
            return Err((
                "flags and operands belong to entries that lower a tier",
                "leave them out: an entry that raises covers every line with the words of its prefix",
            ));
        }
        return Ok(rule);
    }
    if entry.reason.trim().is_empty() {
        return Err(("it lowers a tier without a reason", "add reason = \"…\""));
    }
    if entry.reason.len() > 400 {
        return Err(("its reason is longer than 400 bytes", "shorten it"));
    }
    if rule.overrides {
        if tier != Tier::Two {
            return Err(("what destroys may at most be made to ask", "write tier = 2 with tier3_override"));
        }
        if rule.operands || !rule.flags.is_empty() {
            return Err(("it overrides tier 3 for words it does not name", "write every word into prefix"));
        }
        return Ok(rule);
    }
    let words: Vec<&str> = entry.prefix.iter().map(String::as_str).collect();
    if destroy::judge(&words).is_some() || destroy::by_name(destroy::base(name)).is_some() {
        return Err(("it would run by itself what destroys", "use tier = 2 with tier3_override = true"));
    }
    if name.contains('/') {
        return Err((
            "its command has a slash, and tier 1 runs only programs of the fixed PATH",
            "write the name alone",
        ));
    }
    let runs = runners::may_run(name) || rest.iter().any(|word| runners::reaches(word));
    if rule.is_wide() && runs {
        return Err((
            "its command runs other commands, which its operands or the values of its flags would name",
            "write every word into prefix and leave operands and flags with `=` out",
        ));
    }
    if rule.flags.iter().any(|flag| table::refuses_flag(name, rest, flag)) {
        return Err((
            "one of its flags is refused by the tables, whatever stands beside it",
            "write the flag and every word beside it into prefix",
        ));
    }
    if rule.is_wide() && table::wants_subcommand(name, rest) {
        return Err(("its command has subcommands, some of which change things", "name the subcommand in prefix"));
    }
    Ok(rule)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Rules, RulesError};
    use crate::limits::{RULES_BYTES_MAX, RULES_MAX};
    use crate::tier::Tier;

    fn lowered(toml: &str, line: &str) -> Option<u8> {
        let words: Vec<&str> = line.split(' ').collect();
        Rules::parse(toml).unwrap().lowered(&words, Tier::Two).map(|(tier, _)| tier.number())
    }

    fn problem(toml: &str) -> String {
        Rules::parse(toml).unwrap_err().to_string()
    }

    #[test]
    fn an_entry_lowers_only_what_it_names_or_allows() {
        let toml = "[[command]]\nprefix = ['tool', 'show']\nflags = ['--json', '-n=', '--max=']\noperands = true\n\
                    tier = 1\nreason = 'reads'";
        for line in ["tool show", "tool show a --json -n 5 -n5 --max=3 --max 4 b"] {
            assert_eq!(lowered(toml, line), Some(1), "{line}");
        }
        for line in [
            "tool",
            "tool del",
            "tool show --yaml",
            "tool show -v",
            "tool show --jsonx",
            "tool show --maxi=3",
            "tool show -n",
            "tool show -nothing",
            "tool show exec",
            "tool show a run b",
            "tool show secrets",
            "tool show /etc/shadow",
            "tool show /dev/sda",
            "tool show --max=/etc/shadow",
            "tool show -n /etc/shadow",
            "/x/tool show",
            "show tool",
        ] {
            assert_eq!(lowered(toml, line), None, "{line}");
        }
        let exact = "[[command]]\nprefix = ['tool', 'show']\ntier = 1\nreason = 'reads'";
        assert_eq!(lowered(exact, "tool show"), Some(1));
        assert_eq!(lowered(exact, "tool show x"), None);
    }

    #[test]
    fn words_that_are_not_named_lower_nothing_that_the_tables_refuse() {
        let toml = "[[command]]\nprefix = ['kubectl', 'get']\nflags = ['--cached', '-o=', '--new=']\noperands = true\n\
                    tier = 1\nreason = 'reads'";
        for line in ["kubectl get pods --cached", "kubectl get pods x --new=3"] {
            assert_eq!(lowered(toml, line), Some(1), "{line}");
        }
        for line in [
            "kubectl get secret x",
            "kubectl get secret x -o yaml",
            "kubectl get pods,secrets --cached",
            "kubectl get pods --kubeconfig=evil",
            "kubectl get --new -f pods",
            "kubectl get --new=/dev/tty pods",
        ] {
            assert_eq!(lowered(toml, line), None, "{line}");
        }
        // What asks by its name is what the person named.
        let inspect =
            "[[command]]\nprefix = ['docker', 'inspect']\noperands = true\ntier = 1\nreason = 'no secrets here'";
        assert_eq!(lowered(inspect, "docker inspect web"), Some(1));
        let exact = "[[command]]\nprefix = ['kubectl', 'get', 'secret', 'x']\ntier = 1\nreason = 'a test'";
        assert_eq!(lowered(exact, "kubectl get secret x"), Some(1));
        assert_eq!(lowered(exact, "kubectl get secret y"), None);
    }

    #[test]
    fn an_entry_raises_wherever_its_words_stand() {
        let rules =
            Rules::parse("[[command]]\nprefix = ['kubectl', 'drain']\ntier = 3\nreason = 'never here'").unwrap();
        for line in ["kubectl drain n", "sudo kubectl -n x drain", "/usr/bin/kubectl drain"] {
            let words: Vec<&str> = line.split(' ').collect();
            assert_eq!(rules.raised(&words), Some((Tier::Three, "never here")), "{line}");
        }
        assert_eq!(rules.raised(&["drain", "kubectl"]), None);
        assert_eq!(rules.lowered(&["kubectl", "drain"], Tier::Three), None);
    }

    #[test]
    fn a_destroyer_is_only_lowered_word_by_word_to_a_question() {
        let toml = "[[command]]\nprefix = ['rm', '-rf', '/x']\ntier = 2\ntier3_override = true\nreason = 'cache'";
        let rules = Rules::parse(toml).unwrap();
        assert_eq!(rules.lowered(&["rm", "-rf", "/x"], Tier::Three), Some((Tier::Two, "cache")));
        assert_eq!(rules.lowered(&["rm", "-rf", "/x", "/y"], Tier::Three), None);
        assert_eq!(rules.lowered(&["rm", "-rf", "/x"], Tier::Two), None);
    }

    #[test]
    fn an_entry_that_no_one_may_write_is_refused_with_its_number() {
        let entry = |body: &str| format!("[[command]]\nprefix = ['ok']\ntier = 2\n[[command]]\n{body}");
        for (body, part) in [
            ("prefix = []\ntier = 2", "names no command"),
            ("prefix = ['']\ntier = 2", "printable"),
            ("prefix = ['a\u{e9}']\ntier = 2", "printable"),
            ("prefix = ['a']\ntier = 4", "no such tier"),
            ("prefix = ['a']\ntier = 1", "without a reason"),
            ("prefix = ['a']\ntier = 1\nreason = ' '", "without a reason"),
            ("prefix = ['a']\ntier = 2\ntier3_override = true", "without a reason"),
            ("prefix = ['a']\ntier = 1\nflags = ['x']\nreason = 'r'", "dash"),
            ("prefix = ['a']\ntier = 2\noperands = true", "entries that lower"),
            ("prefix = ['rm', '-rf', 'x']\ntier = 1\nreason = 'r'", "destroys"),
            ("prefix = ['dd']\ntier = 1\nreason = 'r'\noperands = true", "destroys"),
            ("prefix = ['rm', '-rf', 'x']\ntier = 1\ntier3_override = true\nreason = 'r'", "made to ask"),
            ("prefix = ['rm', '-rf']\ntier = 2\ntier3_override = true\noperands = true\nreason = 'r'", "not name"),
            ("prefix = ['/x/a']\ntier = 1\nreason = 'r'", "slash"),
            ("prefix = ['sudo']\ntier = 1\noperands = true\nreason = 'r'", "runs other commands"),
            ("prefix = ['bash', '-c']\ntier = 1\noperands = true\nreason = 'r'", "runs other commands"),
            ("prefix = ['kubectl']\ntier = 1\noperands = true\nreason = 'r'", "subcommand"),
            ("prefix = ['python3']\ntier = 1\nflags = ['-c=']\nreason = 'r'", "runs other commands"),
            ("prefix = ['awk']\ntier = 1\noperands = true\nreason = 'r'", "runs other commands"),
            ("prefix = ['kubectl', 'exec']\ntier = 1\noperands = true\nreason = 'r'", "runs other commands"),
            (
                "prefix = ['docker', 'run']\ntier = 1\noperands = true\nflags = ['-v=', '--privileged']\nreason = 'r'",
                "runs other commands",
            ),
            ("prefix = ['kubectl', 'get']\ntier = 1\nflags = ['--kubeconfig=']\nreason = 'r'", "refused by the tables"),
            ("prefix = ['kubectl', 'get']\ntier = 1\nflags = ['--watch']\nreason = 'r'", "refused by the tables"),
            ("prefix = ['systemctl', 'status']\ntier = 1\nflags = ['-H=']\nreason = 'r'", "refused by the tables"),
        ] {
            let problem = problem(&entry(body));
            assert!(problem.starts_with("shell rule 2 (") && problem.contains(part), "{body}: {problem}");
        }
    }

    #[test]
    fn a_text_of_another_form_is_refused_with_its_line() {
        assert!(problem("\n\nx = ").starts_with("line 3 "));
        assert!(problem("[[command]]\nprefix = ['a']\ntier = 2\ncolour = 1").contains("colour"));
        assert!(problem("[[command]]\ntier = 2").contains("prefix"));
        assert_eq!(Rules::parse(&" ".repeat(RULES_BYTES_MAX + 1)), Err(RulesError::TooLong));
        let many = "[[command]]\nprefix = ['a']\ntier = 2\n".repeat(RULES_MAX + 1);
        assert_eq!(Rules::parse(&many), Err(RulesError::TooMany));
        assert!(Rules::parse("").unwrap().is_empty());
    }
}
