//! The binary `trcaa`.

fn main() -> std::process::ExitCode {
    trcaa_cli::run()
}
