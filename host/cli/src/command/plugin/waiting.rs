//! Drop-ins that nobody decided about, at the beginning of any command.
//!
//! Nothing here makes a command fail: what it was called for is done whatever lies in the folder.

use trcaa_app::{App, Audience, GrantChoice, Offer, Waiting};

use super::screen;
use crate::args::Global;
use crate::command::{Asked, ask, can_ask};
use crate::output::{Output, visible};

/// On a terminal shows each and asks; elsewhere tells each once on stderr. `about_plugins`: the command shows drop-ins
/// itself, so there is nothing to tell.
pub(in crate::command) fn ask_about_drop_ins(app: &App, global: &Global, output: &Output, about_plugins: bool) {
    if global.quiet || output.json {
        return;
    }
    let person = can_ask() && std::io::IsTerminal::is_terminal(&std::io::stderr());
    if about_plugins && !person {
        return;
    }
    let audience = if person { Audience::Person } else { Audience::Log };
    let waiting = match app.waiting_drop_ins(audience) {
        Ok(waiting) => waiting,
        Err(error) => return output.warn(&error.message),
    };
    for waiting in waiting {
        let remembered = match &waiting.offer {
            Ok(offer) if person => decide(app, &waiting, offer, output),
            Ok(offer) => {
                output.note(&format!(
                    "note: plugins/{} is a new plugin, {} {}; look at it and decide: trcaa plugin enable {}",
                    visible(&waiting.file),
                    offer.id,
                    visible(&offer.version),
                    offer.id
                ));
                app.remember_waiting(&waiting, false)
            }
            Err(problem) => {
                output.note(&format!("note: plugins/{} can't be used: {}", visible(&waiting.file), visible(problem)));
                app.remember_waiting(&waiting, false)
            }
        };
        if let Err(error) = remembered {
            output.warn(&error.message);
        }
    }
}

fn decide(app: &App, waiting: &Waiting, offer: &Offer, output: &Output) -> Result<(), trcaa_app::AppError> {
    output.note(&format!("A new plugin is in the plugin folder: {}\n", visible(&waiting.file)));
    output.note(&screen::offer(offer));
    let granting = if offer.wishes.is_empty() { "" } else { " and grant all of that" };
    match ask(&format!("Let it run{granting}? [y]es, [n]o and don't ask again, [l]ater: ")) {
        Asked::Yes => {
            let view = app.install_plugin(offer, GrantChoice::All)?;
            output.note(&screen::installed(&view));
            Ok(())
        }
        Asked::No => app.remember_waiting(waiting, true),
        Asked::Neither => app.remember_waiting(waiting, false),
    }
}
