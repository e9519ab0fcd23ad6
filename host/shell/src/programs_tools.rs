//! Operand checks of package and certificate tools.

use crate::flags::Matched;
use crate::paths;

type Answer = Result<(), &'static str>;

/// dpkg and its kin: one of the flags that ask for a report.
pub(crate) fn flagged(matched: &Matched<'_>) -> Answer {
    if matched.flags.is_empty() { Err("not known to only read") } else { Ok(()) }
}

/// rpm: queries.
pub(crate) fn rpm(matched: &Matched<'_>) -> Answer {
    let address = matched.operands.iter().any(|operand| operand.contains("://"));
    let query = matched.has(&["q", "query"]) && !address;
    if query { Ok(()) } else { Err("not known to only read") }
}

/// update-alternatives: reports.
pub(crate) fn alternatives(matched: &Matched<'_>) -> Answer {
    let report = matched.has(&["list", "display", "query"]) && matched.operands.len() == 1;
    if report { Ok(()) } else { Err("not known to only read") }
}

/// openssl: what a certificate, request or revocation list says. Its flags have one dash.
pub(crate) fn openssl(args: &[&str]) -> Answer {
    const BAD: &str = "an openssl command that is not known to only read";
    const PLAIN: &[&str] = &[
        "-noout",
        "-text",
        "-subject",
        "-issuer",
        "-dates",
        "-startdate",
        "-enddate",
        "-serial",
        "-fingerprint",
        "-sha1",
        "-sha256",
        "-sha512",
        "-purpose",
        "-email",
        "-ocsp_uri",
        "-hash",
        "-issuer_hash",
        "-subject_hash",
        "-modulus",
        "-pubkey",
        "-alias",
        "-lastupdate",
        "-nextupdate",
        "-crlnumber",
        "-verify",
    ];
    let Some((command, rest)) = args.split_first() else { return Err(BAD) };
    match *command {
        "version" => {
            return if rest.iter().all(|arg| matches!(*arg, "-a" | "-v" | "-b" | "-d" | "-o" | "-p")) {
                Ok(())
            } else {
                Err(BAD)
            };
        }
        "x509" | "req" | "crl" => {}
        "s_client" | "ocsp" => return Err("carries a name or data out"),
        _ => return Err(BAD),
    }
    let (mut rest, mut told) = (rest.iter(), false);
    while let Some(arg) = rest.next() {
        told |= matches!(*arg, "-noout" | "-text");
        match *arg {
            "-in" => {
                let path = rest.next().ok_or(BAD)?;
                // Of a certificate nothing is secret; a file that also holds the key is only read for it.
                let certificate =
                    [".pem", ".crt", ".cer", ".der", ".csr", ".crl"].iter().any(|end| path.ends_with(end));
                if path.contains(':') || paths::is_device(path) || (paths::is_key_file(path) && !certificate) {
                    return Err("a file that holds keys or secrets");
                }
            }
            "-inform" => {
                // Anything else could name a file.
                if !matches!(rest.next(), Some(&("PEM" | "pem" | "DER" | "der"))) {
                    return Err(BAD);
                }
            }
            "-checkend" | "-nameopt" | "-certopt" | "-ext" | "-checkhost" | "-checkip" => {
                rest.next().ok_or(BAD)?;
            }
            flag if PLAIN.contains(&flag) => {}
            _ => return Err(BAD),
        }
    }
    if told { Ok(()) } else { Err(BAD) }
}
