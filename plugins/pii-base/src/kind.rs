//! The kinds of finding, their names and their rank.
//!
//! Owns: the label table. Must not know: how a kind is found.

use pii_scan::LabelInfo;

/// The kinds; of two findings of the same bytes the first in this order is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    UrlWithCredentials,
    ConnectionString,
    BasicAuth,
    BearerToken,
    ApiKey,
    Password,
    Cookie,
    Iban,
    CreditCard,
    Ssn,
    Email,
    MacAddress,
    Ipv6,
    Ipv4,
    PhoneNumber,
    Hostname,
}

/// One row per kind, in the order of `Kind`.
pub(crate) static LABELS: [LabelInfo; 16] = [
    row("UrlWithCredentials", "a URL with a user name and a password or token", "https://ada:pw@host.example/x"),
    row("ConnectionString", "the secret part of a connection string", "Server=db;Uid=app;Pwd=secret;"),
    row("BasicAuth", "user and password of HTTP basic authentication", "Basic YWRhOnB3"),
    row("BearerToken", "a token sent as a bearer's proof", "Bearer 8f0b2c"),
    row("ApiKey", "a key, token or secret given under its name", "api_key=8f0b2c"),
    row("Password", "a password given under its name", "password=secret"),
    row("Cookie", "a session cookie or the content of a cookie header", "JSESSIONID=0A1B2C"),
    row("Iban", "an international bank account number", "GB29 NWBK 6016 1331 9268 19"),
    row("CreditCard", "a payment card number or its check value", "4111 1111 1111 1111"),
    row("Ssn", "a US social security number", "536-22-8712"),
    row("Email", "an e-mail address", "ada@example.org"),
    row("MacAddress", "a hardware address", "00:1b:44:11:3a:b7"),
    row("Ipv6", "an IPv6 address other than the loopback", "2001:db8::7"),
    row("Ipv4", "an IPv4 address other than the loopback", "192.0.2.7"),
    row("PhoneNumber", "a telephone number", "+44 20 7946 0958"),
    row("Hostname", "the name of a host", "db-01.shop.internal"),
];

const fn row(label: &'static str, description: &'static str, example: &'static str) -> LabelInfo {
    LabelInfo { label, description, example }
}

impl Kind {
    pub(crate) fn label(self) -> &'static str {
        LABELS[self as usize].label
    }
}
