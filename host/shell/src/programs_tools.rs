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

/// unzip: the list of one archive.
pub(crate) fn unzip(matched: &Matched<'_>) -> Answer {
    if matched.has(&["l"]) && matched.operands.len() == 1 { Ok(()) } else { Err("unpacks, and may write files") }
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
        "ciphers" => {
            let word = |arg: &&str| {
                matches!(*arg, "-v" | "-V" | "-s" | "-tls1_2" | "-tls1_3" | "-stdname")
                    || (!arg.starts_with('-')
                        && arg.bytes().all(|b| b.is_ascii_alphanumeric() || b":!+_@=-".contains(&b)))
            };
            return if rest.iter().all(word) { Ok(()) } else { Err(BAD) };
        }
        "verify" => return verify(rest),
        "x509" | "req" | "crl" => {}
        "s_client" | "ocsp" => return Err("carries a name or data out"),
        _ => return Err(BAD),
    }
    let (mut rest, mut told) = (rest.iter(), false);
    while let Some(arg) = rest.next() {
        told |= matches!(*arg, "-noout" | "-text");
        match *arg {
            "-in" => {
                certificate(rest.next().ok_or(BAD)?)?;
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

/// openssl verify: certificates against others.
fn verify(rest: &[&str]) -> Answer {
    let mut rest = rest.iter();
    while let Some(arg) = rest.next() {
        match *arg {
            "-CAfile" | "-untrusted" | "-trusted" => certificate(rest.next().ok_or("a flag without its value")?)?,
            "-verbose" | "-show_chain" | "-partial_chain" | "-x509_strict" => {}
            flag if flag.starts_with('-') => return Err("an openssl command that is not known to only read"),
            path => certificate(path)?,
        }
    }
    Ok(())
}

/// Checks the name of a certificate's file. Nothing of one is secret; a file that also holds the key is only read for it.
fn certificate(path: &str) -> Answer {
    let certificate = [".pem", ".crt", ".cer", ".der", ".csr", ".crl"].iter().any(|end| path.ends_with(end));
    let flag = path.starts_with('-');
    if flag || path.contains(':') || paths::is_device(path) || (paths::is_key_file(path) && !certificate) {
        return Err("a file that holds keys or secrets");
    }
    Ok(())
}
