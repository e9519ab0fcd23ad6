//! The key in the operating system's keyring: a real gnome-keyring on a D-Bus of its own.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tests::{Home, Run};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");
/// Times that the keyring's name is looked for on the bus; each takes some milliseconds.
const LOOKS_MAX: usize = 2_000;

/// A bus without service files, so that nothing is started by it.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=PATH</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"#;

fn start(command: &mut Command) -> Child {
    let name = command.get_program().to_owned();
    command.spawn().unwrap_or_else(|e| panic!("{} does not start ({e}): run cargo xtask peers", name.display()))
}

/// A desktop session: its bus, and its keyring while it runs. Everything below one folder, and gone with it.
struct Session {
    dir: tempfile::TempDir,
    bus: Child,
    keyring: Option<Child>,
}

impl Session {
    fn new() -> Self {
        // Short, as the path of a socket has to be.
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("bus.conf");
        fs::write(&config, BUS.replace("PATH", dir.path().join("bus").to_str().unwrap())).unwrap();
        let mut command = Command::new("dbus-daemon");
        command.arg("--config-file").arg(config).args(["--nofork", "--nopidfile", "--print-address"]);
        let mut bus = start(command.env_clear().stdout(Stdio::piped()).stderr(Stdio::null()));
        // The address is printed once it listens.
        let mut line = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("unix:"), "{line}");
        Self { dir, bus, keyring: None }
    }

    fn address(&self) -> String {
        format!("unix:path={}", self.dir.path().join("bus").display())
    }

    fn path(&self, name: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::create_dir_all(&path).unwrap();
        // The keyring refuses to use folders that others can read.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        path
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.path("home")).env("XDG_RUNTIME_DIR", self.path("run"));
        command.env("XDG_DATA_HOME", self.path("data")).env("XDG_CONFIG_HOME", self.path("config"));
        command.env("XDG_CACHE_HOME", self.path("cache")).env("DBUS_SESSION_BUS_ADDRESS", self.address());
        command
    }

    fn send(&self, destination: &str, path: &str, message: &[&str]) -> String {
        let mut command = self.command("dbus-send");
        command.args(["--session", "--print-reply=literal", &format!("--dest={destination}"), path]).args(message);
        let output = start(command.stdout(Stdio::piped()).stderr(Stdio::piped())).wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts the keyring, opened by its password, and waits until it is on the bus.
    fn unlock(&mut self) {
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--foreground", "--unlock", "--components=secrets"]).arg("--control-directory");
        command.arg(self.path("control"));
        let mut keyring = start(command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()));
        keyring.stdin.take().unwrap().write_all(b"a login password").unwrap();
        self.keyring = Some(keyring);
        self.wait_until_owned("true");
    }

    /// Waits until the keyring's name is on the bus, or is not.
    fn wait_until_owned(&self, answer: &str) {
        let owned = ["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"];
        let settled = (0..LOOKS_MAX).any(|_| self.send("org.freedesktop.DBus", "/", &owned).contains(answer));
        assert!(settled, "the keyring's name is not on the bus, or does not go");
    }

    fn lock(&self) {
        let collection = "array:objpath:/org/freedesktop/secrets/collection/login";
        let message = ["org.freedesktop.Secret.Service.Lock", collection];
        self.send("org.freedesktop.secrets", "/org/freedesktop/secrets", &message);
    }

    fn stop_keyring(&mut self) {
        if let Some(mut keyring) = self.keyring.take() {
            let _ = keyring.kill();
            let _ = keyring.wait();
            self.wait_until_owned("false");
        }
    }

    /// Runs the binary in this session, without a key in its environment.
    fn run(&self, home: &Home, args: &[&str]) -> Run {
        let mut command = home.command(args);
        command.env_remove("TRCAA_DB_KEY").env("DBUS_SESSION_BUS_ADDRESS", self.address());
        Run::of(command.stdin(Stdio::null()).output().unwrap())
    }

    /// How many entries of ours the keyring has.
    fn items(&self) -> usize {
        let message = ["org.freedesktop.Secret.Service.SearchItems", "dict:string:string:application,trcaa"];
        self.send("org.freedesktop.secrets", "/org/freedesktop/secrets", &message).matches("/collection/login/").count()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for daemon in self.keyring.iter_mut() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}

fn key_file(folder: &Path) -> String {
    fs::read_to_string(folder.join("tftsr.key")).unwrap()
}

/// A store whose key is in a key file.
fn prepared() -> Home {
    let home = Home::new(BINARY);
    home.issue("canary issue");
    // The second opening puts the rewritten file into WAL mode; from then on opening changes no byte of it.
    let mut command = home.command(["db", "rekey", "--to", "key-file"]);
    Run::of(command.output().unwrap()).ok();
    let mut command = home.command(["issue", "list"]);
    Run::of(command.env_remove("TRCAA_DB_KEY").output().unwrap()).ok();
    home
}

fn expect_refused(run: Run, word: &str) {
    let run = run.fails(1);
    assert_eq!(run.error_code(), "keyring");
    assert!(run.stdout.contains(word) && run.stdout.contains("unlock the keyring"), "{run:#?}");
}

#[test]
fn the_key_moves_into_the_keyring_and_out_again() {
    let mut session = Session::new();
    session.unlock();
    let home = prepared();
    session.run(&home, &["db", "rekey", "--to", "keyring"]).ok();
    let file = key_file(&home.data());
    assert!(file.starts_with("keyring ") && file.lines().count() == 2, "{file}");
    assert_eq!(session.items(), 1);
    let status = session.run(&home, &["db", "status", "--json"]).ok().answer();
    assert_eq!(status["status"]["key_source"], "keyring");
    assert!(session.run(&home, &["issue", "list"]).ok().stdout.contains("canary issue"));
    session.run(&home, &["db", "check"]).ok();

    // The kind in use is the default: another entry, and the old one is gone.
    session.run(&home, &["db", "rekey"]).ok();
    assert_ne!(key_file(&home.data()), file);
    assert_eq!(session.items(), 1);
    assert!(session.run(&home, &["issue", "list"]).ok().stdout.contains("canary issue"));

    // It is there after a new log-in.
    session.stop_keyring();
    session.unlock();
    session.run(&home, &["db", "rekey", "--to", "key-file"]).ok();
    assert_eq!(session.items(), 0);
    assert!(session.run(&home, &["issue", "list"]).ok().stdout.contains("canary issue"));
}

#[test]
fn a_locked_or_missing_keyring_is_told_and_nothing_is_made_or_changed() {
    let mut session = Session::new();
    let home = prepared();
    let before = (fs::read(home.data().join("tftsr.db")).unwrap(), key_file(&home.data()));
    expect_refused(session.run(&home, &["db", "rekey", "--to", "keyring", "--json"]), "keyring");
    let mut without_bus = home.command(["db", "rekey", "--to", "keyring", "--json"]);
    without_bus.env_remove("TRCAA_DB_KEY").env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    expect_refused(Run::of(without_bus.output().unwrap()), "keyring");
    session.unlock();
    session.lock();
    expect_refused(session.run(&home, &["db", "rekey", "--to", "keyring", "--json"]), "locked");
    assert!(before == (fs::read(home.data().join("tftsr.db")).unwrap(), key_file(&home.data())));

    session.stop_keyring();
    session.unlock();
    session.run(&home, &["db", "rekey", "--to", "keyring"]).ok();
    let before = (fs::read(home.data().join("tftsr.db")).unwrap(), key_file(&home.data()));
    session.lock();
    expect_refused(session.run(&home, &["issue", "list", "--json"]), "locked");
    session.stop_keyring();
    expect_refused(session.run(&home, &["issue", "list", "--json"]), "keyring");
    assert!(before == (fs::read(home.data().join("tftsr.db")).unwrap(), key_file(&home.data())));
    session.unlock();
    assert!(session.run(&home, &["issue", "list"]).ok().stdout.contains("canary issue"));
}

#[test]
fn no_bus_is_asked_where_the_key_is_not_in_the_keyring() {
    let home = prepared();
    // A bus that would take the connection and never answer.
    let socket = home.path("bus");
    let silent = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    silent.set_nonblocking(true).unwrap();
    let mut command = home.command(["issue", "list"]);
    command.env_remove("TRCAA_DB_KEY").env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", socket.display()));
    Run::of(command.output().unwrap()).ok();
    assert!(silent.accept().is_err(), "somebody connected");
}
