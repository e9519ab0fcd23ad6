//! How a server on this machine is started: a program by its absolute path, arguments, environment. No shell.

use std::path::{Path, PathBuf};

use trcaa_model::secret::Secret;

/// Most arguments, and most variables.
const ENTRIES_MAX: usize = 256;
/// Most bytes of one argument or variable: what Linux passes to a program (`MAX_ARG_STRLEN`).
const ENTRY_BYTES_MAX: usize = 128 << 10;

/// Variables that make a program load foreign code, in upper case.
const REFUSED: [&str; 6] = ["LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONPATH", "RUBYLIB", "NODE_PATH", "PERL5LIB"];
/// Families of them: macOS's loader.
const REFUSED_PREFIXES: [&str; 1] = ["DYLD_"];

/// Why a command is refused. Holds no value of a variable: those are secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Not an absolute path to a program.
    #[error("the command {0:?} must be an absolute path without `..`, such as /usr/bin/node")]
    NotAbsolute(String),
    /// A variable that makes programs load foreign code.
    #[error("the environment variable {0} is not allowed: it makes a program load other code")]
    RefusedVariable(String),
    /// A variable that is not `NAME=value`.
    #[error("environment variable number {0} must be written NAME=value")]
    Variable(usize),
    /// A variable that is set twice: which one counts depends on the program.
    #[error("the environment variable {0} is given twice")]
    Twice(String),
    /// A NUL character, where the system ends the text.
    #[error("{0} holds a NUL character")]
    Nul(&'static str),
    /// Too many or too long.
    #[error("a command has at most 256 arguments and 256 variables of at most 128 KiB each")]
    TooLarge,
}

/// A checked command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StdioCommand {
    program: PathBuf,
    args: Vec<String>,
    env: Vec<(String, Secret)>,
}

impl StdioCommand {
    /// Checks a command as the user gave it: each argument is one, spaces and quotes and all; variables are written
    /// `NAME=value`.
    ///
    /// # Errors
    /// [`CommandError`] for the first thing that is wrong.
    pub fn parse(command: &str, args: &[String], env: &[String]) -> Result<Self, CommandError> {
        if args.len() > ENTRIES_MAX || env.len() > ENTRIES_MAX {
            return Err(CommandError::TooLarge);
        }
        for (what, text) in [("the command", command)]
            .into_iter()
            .chain(args.iter().map(|a| ("an argument", a.as_str())))
            .chain(env.iter().map(|e| ("an environment variable", e.as_str())))
        {
            if text.len() > ENTRY_BYTES_MAX {
                return Err(CommandError::TooLarge);
            }
            if text.contains('\0') {
                return Err(CommandError::Nul(what));
            }
        }
        let program = Path::new(command);
        // `..` would be followed through links; who approves a command should see where it ends.
        let climbs = program.components().any(|c| c == std::path::Component::ParentDir);
        if !program.is_absolute() || climbs || program.file_name().is_none() || command.ends_with('/') {
            return Err(CommandError::NotAbsolute(command.chars().take(200).collect()));
        }
        let mut pairs: Vec<(String, Secret)> = Vec::with_capacity(env.len());
        for (at, entry) in env.iter().enumerate() {
            let (name, value) =
                entry.split_once('=').filter(|(n, _)| !n.is_empty()).ok_or(CommandError::Variable(at + 1))?;
            if pairs.iter().any(|(n, _)| n == name) {
                return Err(CommandError::Twice(name.to_owned()));
            }
            pairs.push((name.to_owned(), Secret::new(value)));
        }
        check_environment(pairs.iter().map(|(name, _)| name.as_str()))?;
        Ok(Self { program: program.to_owned(), args: args.to_vec(), env: pairs })
    }

    /// The program, an absolute path.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Its arguments.
    pub fn args(&self) -> &[String] {
        &self.args
    }

    /// The variables that it gets; whoever starts it clears all others.
    pub fn env(&self) -> &[(String, Secret)] {
        &self.env
    }
}

/// Checks that no variable makes a program load foreign code, whatever the case of its name: some systems and some
/// interpreters don't tell case apart.
///
/// # Errors
/// [`CommandError::RefusedVariable`] names the first.
pub fn check_environment<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<(), CommandError> {
    for name in names {
        let upper = name.trim().to_ascii_uppercase();
        if REFUSED.contains(&upper.as_str()) || REFUSED_PREFIXES.iter().any(|p| upper.starts_with(p)) {
            return Err(CommandError::RefusedVariable(name.to_owned()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(command: &str, args: &[&str], env: &[&str]) -> Result<StdioCommand, CommandError> {
        let own = |all: &[&str]| all.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        StdioCommand::parse(command, &own(args), &own(env))
    }

    #[test]
    fn arguments_stay_as_they_are() {
        let command = parse("/usr/bin/node", &["a b", "$(id)", "'q'", ""], &["TOKEN=a=b", "EMPTY="]).expect("valid");
        assert_eq!(command.program(), Path::new("/usr/bin/node"));
        assert_eq!(command.args(), ["a b", "$(id)", "'q'", ""]);
        let env: Vec<_> = command.env().iter().map(|(n, v)| (n.as_str(), v.expose())).collect();
        assert_eq!(env, [("TOKEN", "a=b"), ("EMPTY", "")]);
        assert!(!format!("{command:?}").contains("a=b"), "{command:?}");
    }

    #[test]
    fn only_absolute_programs_are_started() {
        for command in ["", "node", "./node", "~/bin/x", "../x", "/", "/usr/bin/", "/usr/bin/../../tmp/x", "node /x"] {
            assert!(matches!(parse(command, &[], &[]), Err(CommandError::NotAbsolute(_))), "{command:?}");
        }
    }

    #[test]
    fn variables_that_load_code_are_refused_in_any_case() {
        for name in [
            "LD_PRELOAD",
            "ld_preload",
            "Ld_Library_Path",
            "DYLD_INSERT_LIBRARIES",
            "dyld_x",
            "PYTHONPATH",
            "pythonpath",
            "RUBYLIB",
            "NODE_PATH",
            "Perl5Lib",
            " LD_PRELOAD",
        ] {
            let refused = CommandError::RefusedVariable(name.to_owned());
            assert_eq!(check_environment(["HOME", name]), Err(refused.clone()), "{name}");
            assert_eq!(parse("/x", &[], &[&format!("{name}=/evil.so")]), Err(refused), "{name}");
        }
        assert_eq!(check_environment(["PATH", "LD_", "NODE_PATHS", "MY_PYTHONPATH", "DYLD"]), Ok(()));
    }

    #[test]
    fn malformed_and_doubled_variables_are_refused_without_their_value() {
        assert_eq!(parse("/x", &[], &["A=1", "hunter2"]), Err(CommandError::Variable(2)));
        assert_eq!(parse("/x", &[], &["=hunter2"]), Err(CommandError::Variable(1)));
        assert_eq!(parse("/x", &[], &["A=1", "A=2"]), Err(CommandError::Twice("A".into())));
        assert_eq!(parse("/x", &["a\0b"], &[]), Err(CommandError::Nul("an argument")));
    }

    #[test]
    fn counts_and_sizes_are_bounded_at_the_value() {
        assert!(parse("/x", &vec!["a"; ENTRIES_MAX], &[]).is_ok());
        assert_eq!(parse("/x", &vec!["a"; ENTRIES_MAX + 1], &[]), Err(CommandError::TooLarge));
        assert!(parse("/x", &[&"a".repeat(ENTRY_BYTES_MAX)], &[]).is_ok());
        assert_eq!(parse("/x", &[&"a".repeat(ENTRY_BYTES_MAX + 1)], &[]), Err(CommandError::TooLarge));
    }
}
