//! The author's half of `trcaa plugin …`. Opens no store.

use std::io::IsTerminal as _;
use std::path::Path;

use serde_json::json;
use trcaa_app::AppError;
use trcaa_app::Severity;
use trcaa_app::kit::{Built, Checked, Created, Golden, Kit, Measured, Profile, TestLine, Tested, Watch};
use trcaa_model::plugin::Kind;

use crate::args::{Global, PluginKitCommand};
use crate::machine::SystemEntropy;
use crate::output::{Output, visible};

pub(super) fn run(command: &PluginKitCommand, global: &Global, output: &Output) -> Result<(), AppError> {
    let kit = crate::settings::kit(global, output)?;
    match command {
        PluginKitCommand::New { kind, name, lang } => {
            let made = kit.new_project(kind.parse::<Kind>()?, name, lang.parse()?)?;
            if output.json { output.object(json!({"project": made})) } else { output.last(&made_text(&made)) }
        }
        PluginKitCommand::Build { path, release } => {
            let built = kit.build(path, if *release { Profile::Release } else { Profile::Debug })?;
            if output.json { output.object(json!({"component": built})) } else { output.last(&built_text(&built)) }
        }
        PluginKitCommand::Check { path } => check(&kit.check(path)?, output),
        PluginKitCommand::Test { path, bless } => {
            let golden = if *bless { Golden::Bless } else { Golden::Compare };
            tested(&kit.test(path, golden, crate::settings::progress(global).as_ref())?, output)
        }
        PluginKitCommand::Dev { path, watch: false } => once(&kit, path, global, output),
        PluginKitCommand::Dev { path, watch: true } => watch(&kit, path, global, output),
        PluginKitCommand::Pack { path } => {
            let packed = kit.pack(path)?;
            if output.json {
                return output.object(json!({"component": packed}));
            }
            output.text(&format!("packed {} {}", packed.id, packed.version));
            output.text(&place(&packed.path, packed.size_bytes, &packed.sha256));
            output.last("sign it next: trcaa plugin sign --key FILE --publisher NAME")
        }
        PluginKitCommand::Keygen { file } => {
            let made = kit.make_key(file, &SystemEntropy)?;
            if output.json {
                return output.object(json!({"key": made}));
            }
            output.text(&format!("made {}; keep a copy of it in a safe place", visible(&file.display().to_string())));
            output.last(&format!("public key: {}", made.public_key))
        }
        PluginKitCommand::Sign { path, key, publisher, new_key } => {
            if *new_key {
                kit.make_key(key, &SystemEntropy)?;
            }
            let signed = kit.sign(path, key, publisher)?;
            if output.json {
                return output.object(json!({"component": signed}));
            }
            output.text(&format!("signed as {} (public key {})", visible(&signed.publisher), signed.public_key));
            output.last(&place(&signed.path, signed.size_bytes, &signed.sha256))
        }
    }
}

/// What was tested, as a table; the reasons of those that failed below it.
fn tested(done: &Tested, output: &Output) -> Result<(), AppError> {
    if output.json {
        output.object(json!({"test": done}))?;
        if done.failed > 0 {
            // What was tested is the answer; a second object on stdout would be none.
            crate::signals::leave(1);
        }
        return Ok(());
    }
    output.text(&format!("{} {} ({})", done.id, visible(&done.version), done.kind));
    let row = |test: &TestLine| {
        let word = if test.passed { "pass" } else { "FAIL" };
        vec![word.to_owned(), test.group.to_owned(), test.name.clone(), format!("{} ms", test.duration_ms)]
    };
    output.table(&["", "GROUP", "TEST", "TIME"], &done.tests.iter().map(row).collect::<Vec<_>>());
    output.text("");
    let row = |m: &Measured| {
        let figure =
            |n: u64| if m.limit.starts_with("memory") { format!("{:.1} MiB", mib(n)) } else { format!("{n} ms") };
        let share = m.peak.saturating_mul(100).checked_div(m.most).unwrap_or(0);
        vec![m.limit.to_owned(), figure(m.peak), figure(m.most), format!("{share} %"), m.function.to_owned()]
    };
    output.table(&["LIMIT", "PEAK", "OF", "", "IN"], &done.measured.iter().map(row).collect::<Vec<_>>());
    output.text("");
    for test in &done.tests {
        let Some(reason) = &test.reason else { continue };
        output.text(&format!("{} {}: {}", if test.passed { "note:" } else { "FAIL" }, test.group, visible(&test.name)));
        reason.lines().for_each(|line| output.text(&format!("  {}", visible(line))));
    }
    let counts = format!("{} passed, {} failed", done.passed, done.failed);
    if done.failed > 0 {
        return Err(AppError::failed("tests_failed", format!("testing {}: {counts}", done.id)));
    }
    output.last(&counts)
}

#[expect(clippy::cast_precision_loss, reason = "shown with one digit after the point")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// Builds, checks, tests.
fn once(kit: &Kit, path: &Path, global: &Global, output: &Output) -> Result<(), AppError> {
    let found = kit.check(path)?;
    if !found.installable || !output.json {
        check(&found, output)?;
    }
    tested(&kit.test(path, Golden::Compare, crate::settings::progress(global).as_ref())?, output)
}

/// The same at every change, until the process is ended. What fails is told, and waited on.
fn watch(kit: &Kit, path: &Path, global: &Global, output: &Output) -> Result<(), AppError> {
    if output.json {
        return Err(
            AppError::usage("no_json", "dev --watch gives no JSON: it never ends").hint("leave out --watch, or --json")
        );
    }
    let mut files = Watch::new(path);
    loop {
        // Nothing but ESC codes, and those only where somebody looks at them.
        if std::io::stdout().is_terminal() {
            output.bytes(b"\x1b[2J\x1b[3J\x1b[H");
        }
        if let Err(error) = once(kit, path, global, output) {
            output.error(error.code, &error.message, &error.hints, &error.fields);
        }
        output.text(&format!("watching {}; end with Ctrl-C", visible(&path.display().to_string())));
        let change = files.wait();
        output.text(&format!("changed: {}", visible(&change.path.display().to_string())));
    }
}

fn made_text(made: &Created) -> String {
    let shown = visible(&made.path.display().to_string());
    let mut text = format!("made {shown}: {} lines in {} files\n", made.lines, made.files.len());
    let step = match made.language.as_str() {
        "javascript" => format!("next: npm install --prefix {shown}, then: trcaa plugin test {shown}"),
        _ => format!("next: trcaa plugin test {shown}"),
    };
    text.push_str(&step);
    text
}

fn built_text(built: &Built) -> String {
    format!(
        "built {} {} ({})\n{}",
        built.id,
        visible(&built.version),
        built.kind,
        place(&built.path, built.size_bytes, &built.sha256)
    )
}

/// Where a component is, its size and its digest.
fn place(path: &Path, size_bytes: u64, sha256: &str) -> String {
    format!("{}  {} KiB\nsha256 {sha256}", visible(&path.display().to_string()), size_bytes.div_ceil(1024))
}

pub(super) fn check(found: &Checked, output: &Output) -> Result<(), AppError> {
    let errors = found.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let failed = || {
        let number = if errors == 1 { "1 error".to_owned() } else { format!("{errors} errors") };
        AppError::failed(
            "plugin_refused",
            format!("checking {}: {number}; it would not be installed", found.path.display()),
        )
    };
    if output.json {
        // One object: what was found, also where it is bad. The status tells that it is.
        output.object(json!({"check": found}))?;
        if !found.installable {
            // What was found is the answer; a second object on stdout would be none.
            crate::signals::leave(1);
        }
        return Ok(());
    }
    if let Some(manifest) = &found.manifest {
        output.text(&format!("{} {} ({})", manifest.id, visible(&manifest.version), manifest.kind.as_str()));
    }
    output.text(&place(&found.path, found.size_bytes, &found.sha256));
    if let Some(publisher) = &found.publisher {
        output.text(&format!("signed by {} (public key {})", visible(&publisher.name), publisher.key));
    }
    if let Some(limits) = &found.limits {
        output.text(&format!(
            "limits per call: {} MiB memory, {} ms CPU, {} ms in all, {} MiB output",
            limits.memory_bytes_max >> 20,
            limits.cpu_ms_max,
            limits.wall_ms_max,
            limits.output_bytes_max >> 20
        ));
    }
    for finding in &found.findings {
        let word = if finding.severity == Severity::Error { "error" } else { "warning" };
        output.text(&format!("{word}: {}: {}", finding.step, visible(&finding.problem)));
        output.text(&format!("  do: {}", visible(&finding.advice)));
    }
    if !found.installable {
        return Err(failed());
    }
    output.last(if found.findings.is_empty() { "nothing to find fault with" } else { "it can be installed" })
}
