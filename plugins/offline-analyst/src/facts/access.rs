//! Logins, password guessing, floods.

use super::{Class, Fact, ROW, by, maybe, pick};

pub(super) const FACTS: &[Fact] = &[
    Fact {
        id: "auth_failed",
        class: Class::Impact,
        weight: 30,
        title: "Logins failed",
        ask: "Why did so many logins fail?",
        because: "Wrong names or passwords were given.",
        any: &[
            "failed password for",
            "authentication failure;",
            "authentication failed for",
            "failed none for",
            "failed keyboard-interactive",
            "failed publickey",
            "login authentication failed",
            "an account failed to log on",
        ],
        not: &["password authentication failed for user \"", "peer authentication failed"],
        genuine: &["sshd", "pam_unix", "rhost=", "failed password for", "an account failed to log on"],
        picks: &[
            pick("sources", " from ", " :,"),
            pick("sources", "rhost=", " "),
            pick("accounts", "for invalid user ", " "),
            pick("accounts", "failed password for ", " "),
            pick("accounts", " user=", " "),
        ],
        causes: &[
            by("brute_force"),
            by("change_secret"),
            maybe("ldap_down", &[], "the logins failed because the directory did not answer"),
        ],
        ..ROW
    },
    Fact {
        id: "brute_force",
        class: Class::Trigger,
        weight: 58,
        title: "Somebody is guessing passwords",
        ask: "Why could they keep guessing?",
        because: "Somebody tries passwords by program: too many failures per source for people who mistype.",
        causes: &[by("password_open")],
        now: &[
            "Block the sources named here at the firewall.",
            "Check that no login from one of these sources succeeded, in the full log and on other machines.",
        ],
        later: &[
            "Allow logins by key only (PasswordAuthentication no, PermitRootLogin no).",
            "Let only a VPN or jump host reach the login port, and ban sources by fail2ban or the firewall.",
        ],
        lesson: "A login port that strangers reach is tried day and night: what counts is that guessing cannot work.",
        ..ROW
    },
    Fact {
        id: "password_open",
        class: Class::Misconfiguration,
        weight: 50,
        title: "The login service takes passwords from these sources, again and again",
        ask: "Why does the login service take passwords from anywhere?",
        because: "The service let the same sources try password after password.",
        now: &["Turn password login off for accounts that have a key, root first."],
        ..ROW
    },
    Fact {
        id: "invalid_user",
        class: Class::Note,
        weight: 20,
        title: "Logins were tried with names that do not exist",
        ask: "Why were unknown names tried?",
        because: "Names were tried that no account has, as programs do that work through a list.",
        any: &["invalid user", "illegal user", "check pass; user unknown", "user unknown"],
        not: &["failed password for invalid user", "input_userauth_request"],
        picks: &[pick("names", "invalid user ", " "), pick("names", "illegal user ", " ")],
        causes: &[by("brute_force")],
        ..ROW
    },
    Fact {
        id: "breakin_note",
        class: Class::Note,
        weight: 15,
        title: "Addresses and names of callers do not fit each other",
        ask: "Why do address and name not fit?",
        because: "sshd writes POSSIBLE BREAK-IN ATTEMPT when the reverse name of a caller does not lead back to its address: a sign of careless networks, no proof of a break-in.",
        any: &["possible break-in attempt"],
        picks: &[pick("addresses", " [", "]")],
        ..ROW
    },
    Fact {
        id: "max_auth",
        class: Class::Note,
        weight: 22,
        title: "Callers used up all tries of a connection",
        ask: "Why were all tries used up?",
        because: "Callers tried passwords until the limit per connection.",
        any: &[
            "maximum authentication attempts exceeded",
            "too many authentication failures",
            "ignoring max retries",
            "more authentication failures;",
        ],
        causes: &[by("brute_force")],
        ..ROW
    },
    Fact {
        id: "ssh_disconnect",
        class: Class::Note,
        weight: 4,
        title: "Callers of the login port hung up",
        ask: "Why did callers hang up?",
        because: "Callers ended their connection; the text behind the colon is theirs.",
        any: &["received disconnect from", "disconnected from"],
        not: &["too many authentication failures"],
        ..ROW
    },
    Fact {
        id: "scan_note",
        class: Class::Note,
        weight: 12,
        title: "Callers connected to the login port without logging in",
        ask: "Why did callers only connect?",
        because: "Port scanners connect and go away without a word.",
        any: &[
            "did not receive identification string",
            "read from socket failed",
            "unable to negotiate with",
            "connection reset by*[preauth]",
            "bad protocol version identification",
            "connection closed by*[preauth]",
        ],
        picks: &[pick("sources", " from ", " :,")],
        ..ROW
    },
    Fact {
        id: "login_ok",
        class: Class::Note,
        weight: 3,
        title: "Logins succeeded",
        ask: "Why were these logins accepted?",
        because: "The name and the key or password were right.",
        any: &["accepted password for", "accepted publickey for", "accepted keyboard-interactive"],
        picks: &[pick("sources", " from ", " "), pick("accounts", " for ", " ")],
        ..ROW
    },
    Fact {
        id: "login_after_guessing",
        class: Class::Failure,
        weight: 92,
        title: "A source that was guessing passwords got in",
        ask: "Why could a guessing source log in?",
        because: "A login succeeded from a source with many failed ones before it.",
        causes: &[by("brute_force")],
        now: &[
            "Treat the account and the machine as taken over: cut it off, end its sessions, keep the disk for examination.",
            "Change every secret that this account could read.",
        ],
        ..ROW
    },
    Fact {
        id: "kerberos",
        class: Class::Failure,
        weight: 25,
        title: "Kerberos logins failed",
        ask: "Why did Kerberos logins fail?",
        because: "The ticket was missing or not accepted; a wrong clock or a probing caller does that.",
        any: &["kerberos authentication failed", "krb5*clock skew", "gss-api*error", "authentication failed from"],
        picks: &[pick("sources", "failed from ", " ")],
        causes: &[by("clock_skew")],
        ..ROW
    },
    Fact {
        id: "ftp_flood",
        class: Class::Trigger,
        weight: 28,
        title: "The FTP server was flooded with connections",
        ask: "Why did so many FTP connections come?",
        because: "Single sources opened FTP connections by the dozen, as password-guessing programs do.",
        any: &["ftpd*connection from", "vsftpd*connect: client"],
        picks: &[pick("sources", "connection from ", " "), pick("sources", "connect: client \"", "\"")],
        now: &["Block the sources, and switch FTP off if nobody needs it."],
        later: &["Replace FTP by SFTP with keys."],
        ..ROW
    },
    Fact {
        id: "ldap_down",
        class: Class::Failure,
        weight: 62,
        title: "The directory (LDAP) did not answer",
        ask: "Why did the directory not answer?",
        because: "Logins and groups come from a directory that could not be reached.",
        any: &[
            "can't contact ldap server",
            "ldap_bind*failed",
            "ldap server is down",
            "failed to bind to ldap",
            "sssd*offline",
        ],
        causes: &[by("dns_failure"), by("no_route"), by("tls_expired"), by("conn_refused"), by("conn_timeout")],
        now: &["Check the directory server and the way to it."],
        ..ROW
    },
    Fact {
        id: "account_locked",
        class: Class::Impact,
        weight: 35,
        title: "Accounts were locked",
        ask: "Why were accounts locked?",
        because: "Too many failed logins locked the account.",
        any: &["account locked", "account is locked", "account has been locked", "user account was locked out"],
        genuine: &["user account was locked out"],
        causes: &[by("brute_force"), by("auth_failed"), by("change_secret")],
        ..ROW
    },
];
