//! Judges redirections: what a command is made to read and write before it starts.
//!
//! Must not know commands. Invariant: what [`Redirected::effect`] says is exactly what bash would do, or `Shell`.

use brush_parser::ast::{IoFileRedirectKind, IoFileRedirectTarget, IoRedirect};

use crate::argv::Effect;
use crate::cook::cook;
use crate::paths;
use crate::tier::Tier;
use crate::walk::Walk;

/// What one redirection is.
pub(crate) struct Redirected {
    pub(crate) tier: Tier,
    pub(crate) reason: &'static str,
    /// The text it feeds in, if that is known.
    pub(crate) input: Option<String>,
    /// What it does without a shell.
    pub(crate) effect: Effect,
    /// The file it writes, if there is one to name.
    pub(crate) written: Option<String>,
}

impl Redirected {
    fn fine(effect: Effect) -> Self {
        Self { tier: Tier::One, reason: "only reads", input: None, effect, written: None }
    }

    fn not(tier: Tier, reason: &'static str) -> Self {
        Self { tier, reason, input: None, effect: Effect::Shell, written: None }
    }
}

impl Walk {
    /// Judges one redirection, and the scripts inside its words.
    pub(crate) fn redirect(&mut self, redirect: &IoRedirect, depth: usize) -> Redirected {
        use IoFileRedirectKind::{Append, Clobber, DuplicateInput, DuplicateOutput, Read, ReadAndWrite, Write};
        match redirect {
            IoRedirect::File(fd, kind, target) => match target {
                IoFileRedirectTarget::Filename(word) => match kind {
                    Read => self.reads(&word.value, matches!(fd, None | Some(0)), depth),
                    Write => self.writes(&word.value, *fd, true, depth),
                    Clobber | ReadAndWrite | DuplicateInput | DuplicateOutput => {
                        self.writes(&word.value, Some(-1), true, depth)
                    }
                    Append => self.writes(&word.value, Some(-1), false, depth),
                },
                IoFileRedirectTarget::Fd(to) => merged(*fd, to.to_string().as_str()),
                IoFileRedirectTarget::Duplicate(word) => {
                    let plain = !word.value.is_empty() && word.value.bytes().all(|b| b.is_ascii_digit() || b == b'-');
                    match kind {
                        DuplicateOutput if plain => merged(*fd, &word.value),
                        _ if plain => Redirected::not(Tier::Two, "moves file descriptors"),
                        _ => self.writes(&word.value, Some(-1), true, depth),
                    }
                }
                IoFileRedirectTarget::ProcessSubstitution(_, subshell) => {
                    self.irregular("holds a substitution");
                    self.list(&subshell.list, depth);
                    // What it prints is what the command reads.
                    Redirected { input: self.printed.take(), ..Redirected::not(Tier::Two, "holds a substitution") }
                }
            },
            IoRedirect::HereDocument(_, document) => {
                self.irregular = true;
                let body = &document.doc.value;
                if document.requires_expansion && body.contains(['$', '`']) {
                    // Quotes mean nothing in a here-document, and must not hide a substitution.
                    self.variable_text(&body.replace(['\'', '"'], " "), depth);
                }
                let mut input = body.clone();
                if document.requires_expansion {
                    self.readings_of(body).iter().for_each(|reading| input.extend(["\n", reading]));
                }
                Redirected { input: Some(input), ..Redirected::not(Tier::Two, "needs a shell for its input") }
            }
            IoRedirect::HereString(_, word) => {
                self.irregular = true;
                let cooked = cook(&word.value);
                for script in cooked.scripts {
                    self.substitution(&script, depth);
                }
                let mut input = cooked.words.join(" ");
                self.readings_of(&word.value).iter().for_each(|reading| input.extend(["\n", reading]));
                Redirected { input: Some(input), ..Redirected::not(Tier::Two, "needs a shell for its input") }
            }
            IoRedirect::OutputAndError(word, append) => self.writes(&word.value, Some(-1), !append, depth),
        }
    }

    fn reads(&mut self, raw: &str, plain_fd: bool, depth: usize) -> Redirected {
        let cooked = cook(raw);
        let path = cooked.words.join(" ");
        for script in cooked.scripts {
            self.substitution(&script, depth);
        }
        if path.starts_with("/dev/tcp/") || path.starts_with("/dev/udp/") {
            self.fetchers += 1;
        }
        if cooked.fixed && plain_fd && !paths::is_key_path(&path) && paths::is_plain_input(&path) {
            return Redirected::fine(Effect::Input(path));
        }
        Redirected::not(Tier::Two, "reads from something other than a plain file")
    }

    /// Judges `fd > raw`; a descriptor of -1 stands for an operator that is never plain.
    fn writes(&mut self, raw: &str, fd: Option<i32>, truncates: bool, depth: usize) -> Redirected {
        let cooked = cook(raw);
        let path = cooked.words.join(" ");
        for script in cooked.scripts {
            self.substitution(&script, depth);
        }
        self.irregular |= !cooked.fixed;
        if cooked.fixed && path == "/dev/null" {
            match fd {
                None | Some(1) => return Redirected::fine(Effect::OutputToNull),
                Some(2) => return Redirected::fine(Effect::ErrorToNull),
                Some(_) => {}
            }
        }
        let readings = if cooked.fixed { Vec::new() } else { self.readings_of(raw) };
        let any = |is: fn(&str) -> bool| is(&path) || readings.iter().any(|path| is(path));
        let (tier, reason) =
            if any(paths::is_device) || any(paths::is_sysrq) || (!cooked.fixed && path.starts_with("/dev")) {
                (Tier::Three, "writes to a device")
            } else if truncates && any(paths::is_system_file) {
                (Tier::Three, "overwrites system files")
            } else {
                (Tier::Two, "writes to a file")
            };
        Redirected { written: Some(path), ..Redirected::not(tier, reason) }
    }
}

/// Judges `n>&m`: only errors into the output are plain.
fn merged(fd: Option<i32>, to: &str) -> Redirected {
    if fd == Some(2) && to == "1" {
        Redirected::fine(Effect::ErrorToOutput)
    } else {
        Redirected::not(Tier::Two, "moves file descriptors")
    }
}
