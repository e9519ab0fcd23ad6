//! Commands that put out downloaded or decoded data, and what echo and printf print.
//!
//! Works on one argument list; must not know wrappers.

use crate::names::Names;

/// Commands that, with some arguments, put out downloaded or decoded data.
pub(crate) static FETCHERS: Names = Names::new(&[
    "curl", "wget", "fetch", "aria2c", "lynx", "nc", "ncat", "netcat", "socat", "ftp", "lftp", "http", "https", "xh",
    "gunzip", "zcat", "xzcat", "bzcat", "zstdcat", "unxz", "bunzip2", "uudecode", "rev", "tr", "openssl", "gpg", "dig",
    "base64", "base32", "basenc", "gzip", "xz", "bzip2", "zstd", "xxd", "printf", "echo",
]);

/// Commands that put out data of elsewhere, beside those that whole approvals are refused for.
static SOURCES: Names = Names::new(&[
    "tar",
    "bsdtar",
    "gtar",
    "unzip",
    "7z",
    "7za",
    "7zr",
    "unrar",
    "lz4",
    "lz4cat",
    "lzop",
    "lzma",
    "lzcat",
    "uncompress",
    "brotli",
    "iconv",
    "GET",
    "lwp-request",
    "nslookup",
    "host",
    "drill",
    "ssh",
    "aws",
    "gsutil",
    "s3cmd",
    "mc",
    "rclone",
    "scp",
    "rsync",
    "sftp",
]);

/// Tells whether a command puts out downloaded or decoded data.
pub(crate) fn fetches(name: &str, args: &[&str]) -> bool {
    let decodes = || {
        args.iter().any(|arg| {
            arg.starts_with("--d") || (arg.starts_with('-') && !arg.starts_with("--") && arg.contains(['d', 'D']))
        })
    };
    if !FETCHERS.contains(name) && !SOURCES.contains(name) {
        return false;
    }
    match name {
        "tar" | "bsdtar" | "gtar" => args.iter().enumerate().any(|(at, arg)| {
            let letters = arg.strip_prefix('-').or((at == 0).then_some(*arg));
            arg.starts_with("--to-s") || letters.is_some_and(|l| !l.starts_with('-') && l.contains('O'))
        }),
        "unzip" => args.iter().any(|arg| arg.starts_with('-') && arg.contains(['p', 'c'])),
        "scp" | "rsync" | "sftp" => args.iter().any(|arg| arg.contains(':')),
        _ if SOURCES.contains(name) => true,
        "curl" | "wget" | "fetch" | "aria2c" | "lynx" | "nc" | "ncat" | "netcat" | "socat" | "ftp" | "lftp"
        | "http" | "https" | "xh" | "gunzip" | "zcat" | "xzcat" | "bzcat" | "zstdcat" | "unxz" | "bunzip2"
        | "uudecode" | "rev" | "tr" | "openssl" | "gpg" | "dig" => true,
        "base64" | "base32" | "basenc" | "gzip" | "xz" | "bzip2" | "zstd" => decodes(),
        "xxd" => args.iter().any(|arg| arg.starts_with('-') && arg.contains('r')),
        "echo" => args.iter().any(|arg| arg.contains('\\')),
        "printf" => formatted(args).is_none(),
        _ => false,
    }
}

/// Gives what printf prints, where that is plain to see: no escapes but the end of a line, no directive but `%s`.
fn formatted(args: &[&str]) -> Option<String> {
    let (format, values) = args.split_first()?;
    let format = format.replace("\\n", "\n");
    if format.starts_with('-') || format.contains('\\') || format.replace("%s", "").contains('%') {
        return None;
    }
    if !format.contains("%s") {
        return Some(format);
    }
    let (mut out, mut values) = (String::new(), values.iter());
    // The format is used again until no value is left.
    loop {
        for (at, piece) in format.split("%s").enumerate() {
            if at > 0 {
                out.push_str(values.next().unwrap_or(&""));
            }
            out.push_str(piece);
        }
        if values.as_slice().is_empty() {
            return Some(out);
        }
    }
}

/// Gives what echo or printf prints, without a reading of escapes.
pub(crate) fn printed(name: &str, args: &[&str]) -> Option<String> {
    let flag = |arg: &&&str| {
        arg.strip_prefix('-').is_some_and(|letters| !letters.is_empty() && letters.bytes().all(|b| b"neE".contains(&b)))
    };
    match name {
        "echo" => Some(args.iter().skip_while(flag).copied().collect::<Vec<_>>().join(" ")),
        "printf" => Some(formatted(args).unwrap_or_else(|| args.join(" "))),
        _ => None,
    }
}

/// What code of some language calls to download or decode a text.
pub(crate) const DECODES: &[&str] = &[
    "b64decode",
    "decode_base64",
    "base64_decode",
    "fromhex",
    "unhexlify",
    "atob(",
    "Buffer.from",
    "unpack",
    "pack(",
    "pack ",
    "urlopen",
    "requests.get",
    "http.get",
    "fetch(",
    "open(\"http",
    "open('http",
    "file_get_contents",
    "rot13",
    "gzinflate",
    "decompress",
    "marshal.loads",
    "codecs.decode",
];
