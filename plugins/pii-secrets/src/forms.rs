//! The table of tokens that vendors make recognisable by a prefix: one row each, sorted by vendor.
//!
//! Owns: prefixes, alphabets, lengths, kinds. Must not know: how a text is searched (`tokens`).
//! A new row needs nothing else: the tests make its token from the row, and what misses it by one byte.

use pii_scan::grams::Grams;

/// For tokens that are as long as they are.
pub(crate) const ANY: usize = usize::MAX;

/// What a token consists of behind its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// `[A-Z0-9]`
    Upper,
    /// `[A-Z0-9-]`
    UpperDash,
    /// `[a-z0-9]`
    Lower,
    /// `[0-9a-f]`
    Hex,
    /// `[0-9a-f-]`
    HexDash,
    /// `[A-Za-z0-9]`
    Alnum,
    /// `[A-Za-z0-9_-]`
    Url,
    /// `[A-Za-z0-9_.-]`
    Dotted,
    /// `[A-Za-z0-9_.+/=:-]`
    Wide,
    /// `[A-Za-z0-9%]`
    Percent,
    /// `[A-Za-z0-9$]`
    Braintree,
    /// `[A-Za-z0-9!._]`
    Salesforce,
    /// `[A-Za-z0-9@/_-]`
    Webhook,
}

/// How many alphabets there are.
pub(crate) const ALPHABETS: usize = Webhook as usize + 1;

/// Bit for bit the alphabets, in their order, that hold a byte.
static HOLDERS: [u16; 256] = {
    const ALL: [Alphabet; ALPHABETS] =
        [Upper, UpperDash, Lower, Hex, HexDash, Alnum, Url, Dotted, Wide, Percent, Braintree, Salesforce, Webhook];
    let mut table = [0; 256];
    let mut byte = 0u8;
    loop {
        let mut index = 0;
        while index < ALL.len() {
            assert!(ALL[index] as usize == index);
            table[byte as usize] |= (ALL[index].has(byte) as u16) << index;
            index += 1;
        }
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};

impl Alphabet {
    #[inline]
    pub(crate) fn holds(self, byte: u8) -> bool {
        HOLDERS[usize::from(byte)] >> self as u16 & 1 != 0
    }

    const fn has(self, byte: u8) -> bool {
        let (digit, letter) = (byte.is_ascii_digit(), byte.is_ascii_alphabetic());
        match self {
            Self::Upper => digit || byte.is_ascii_uppercase(),
            Self::UpperDash => digit || byte.is_ascii_uppercase() || byte == b'-',
            Self::Lower => digit || byte.is_ascii_lowercase(),
            Self::Hex => digit || matches!(byte, b'a'..=b'f'),
            Self::HexDash => digit || matches!(byte, b'a'..=b'f' | b'-'),
            Self::Alnum => digit || letter,
            Self::Url => digit || letter || matches!(byte, b'_' | b'-'),
            Self::Dotted => digit || letter || matches!(byte, b'_' | b'-' | b'.'),
            Self::Wide => digit || letter || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/' | b'=' | b':'),
            Self::Percent => digit || letter || byte == b'%',
            Self::Braintree => digit || letter || byte == b'$',
            Self::Salesforce => digit || letter || matches!(byte, b'!' | b'.' | b'_'),
            Self::Webhook => digit || letter || matches!(byte, b'@' | b'/' | b'_' | b'-'),
        }
    }

    /// Whether a word that goes on behind the token makes it something else: runs of these are in every log.
    pub(crate) fn is_strict(self) -> bool {
        matches!(self, Self::Upper | Self::Lower | Self::Hex | Self::HexDash | Self::UpperDash)
    }
}

/// What else a token must be, beside made by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    Chance,
    /// Six check digits make it certain; without them it may still be an old or damaged one.
    Crc,
    /// The byte behind the 14th is a dot.
    DotAt14,
    /// Nothing of its alphabet may follow.
    Alone,
}

/// Which label a token gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Cloud,
    Vendor,
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// Who makes the token; for readers and failing tests.
    #[cfg_attr(not(test), allow(dead_code, reason = "read by people and by the tests"))]
    pub(crate) vendor: &'static str,
    pub(crate) prefix: &'static str,
    pub(crate) alphabet: Alphabet,
    /// Bytes behind the prefix.
    pub(crate) min: usize,
    pub(crate) max: usize,
    pub(crate) check: Check,
    pub(crate) family: Family,
}

const fn form(
    vendor: &'static str,
    prefix: &'static str,
    alphabet: Alphabet,
    min: usize,
    max: usize,
    check: Check,
    family: Family,
) -> Form {
    Form { vendor, prefix, alphabet, min, max, check, family }
}

use Alphabet::{
    Alnum, Braintree, Dotted, Hex, HexDash, Lower, Percent, Salesforce, Upper, UpperDash, Url, Webhook, Wide,
};
use Check::{Alone, Chance, Crc, DotAt14};
use Family::{Cloud, Vendor};

/// The rows. Where one prefix begins with another, both are tried.
#[rustfmt::skip]
pub(crate) static FORMS: &[Form] = &[
    form("1Password", "A3-", UpperDash, 31, 36, Chance, Vendor),
    form("1Password", "ops_ey", Wide, 60, ANY, Chance, Vendor),
    form("Adafruit", "aio_", Alnum, 28, 28, Chance, Vendor),
    form("age", "AGE-SECRET-KEY-1", Upper, 58, 58, Chance, Vendor),
    form("age", "AGE-SECRET-KEY-PQ-1", Upper, 58, ANY, Chance, Vendor),
    form("Airtable", "pat", Dotted, 79, 85, DotAt14, Vendor),
    form("Alibaba", "LTAI", Alnum, 12, 24, Chance, Cloud),
    form("Anthropic", "sk-ant-", Url, 20, ANY, Chance, Vendor),
    form("Artifactory", "AKCp", Alnum, 69, ANY, Chance, Vendor),
    form("Artifactory", "cmVmdGtu", Alnum, 56, ANY, Chance, Vendor),
    form("Atlassian", "ATATT3", Wide, 60, ANY, Chance, Vendor),
    form("Atlassian", "ATBB", Alnum, 24, ANY, Chance, Vendor),
    form("Atlassian", "ATCTT3", Wide, 60, ANY, Chance, Vendor),
    form("AWS", "ABIA", Upper, 16, 16, Chance, Cloud),
    form("AWS", "ABSK", Wide, 100, ANY, Chance, Vendor),
    form("AWS", "ACCA", Upper, 16, 16, Chance, Cloud),
    form("AWS", "AIDA", Upper, 16, 17, Chance, Cloud),
    form("AWS", "AKIA", Upper, 16, 16, Chance, Cloud),
    form("AWS", "AROA", Upper, 16, 17, Chance, Cloud),
    form("AWS", "ASIA", Upper, 16, 16, Chance, Cloud),
    form("AWS", "bedrock-api-key-", Wide, 40, ANY, Chance, Vendor),
    form("Braintree", "access_token$production$", Braintree, 48, ANY, Chance, Vendor),
    form("Brevo", "xkeysib-", Url, 40, ANY, Chance, Vendor),
    form("Buildkite", "bkua_", Hex, 40, 40, Chance, Vendor),
    form("CircleCI", "CCIPAT_", Url, 40, ANY, Chance, Vendor),
    form("CircleCI", "CCIPRJ_", Url, 40, ANY, Chance, Vendor),
    form("Clojars", "CLOJARS_", Alnum, 60, 60, Chance, Vendor),
    form("Cloudflare", "v1.0-", HexDash, 150, ANY, Chance, Vendor),
    form("Contentful", "CFPAT-", Url, 30, ANY, Chance, Vendor),
    form("Databricks", "dapi", Hex, 32, 32, Chance, Vendor),
    form("Databricks", "dkea", Hex, 32, 32, Chance, Vendor),
    form("Databricks", "dose", Hex, 32, 32, Chance, Vendor),
    form("Defined", "dnkey-", Url, 40, ANY, Chance, Vendor),
    form("DigitalOcean", "doo_v1_", Hex, 40, ANY, Chance, Vendor),
    form("DigitalOcean", "dop_v1_", Hex, 40, ANY, Chance, Vendor),
    form("DigitalOcean", "dor_v1_", Hex, 40, ANY, Chance, Vendor),
    form("Discord", "discord.com/api/webhooks/", Wide, 20, ANY, Chance, Vendor),
    form("Discord", "discordapp.com/api/webhooks/", Wide, 20, ANY, Chance, Vendor),
    form("Docker", "dckr_oat_", Url, 20, ANY, Chance, Vendor),
    form("Docker", "dckr_pat_", Url, 20, ANY, Chance, Vendor),
    form("Doppler", "dp.audit.", Alnum, 40, 44, Chance, Vendor),
    form("Doppler", "dp.ct.", Alnum, 40, 44, Chance, Vendor),
    form("Doppler", "dp.pt.", Alnum, 40, 44, Chance, Vendor),
    form("Doppler", "dp.scim.", Alnum, 40, 44, Chance, Vendor),
    form("Doppler", "dp.st.", Dotted, 40, ANY, Chance, Vendor),
    form("Dropbox", "sl.", Url, 130, ANY, Chance, Vendor),
    form("Duffel", "duffel_live_", Url, 40, ANY, Chance, Vendor),
    form("Duffel", "duffel_test_", Url, 40, ANY, Chance, Vendor),
    form("Dynatrace", "dt0c01.", Dotted, 80, ANY, Chance, Vendor),
    form("Dynatrace", "dt0s01.", Dotted, 80, ANY, Chance, Vendor),
    form("EasyPost", "EZAK", Alnum, 54, 54, Chance, Vendor),
    form("EasyPost", "EZTK", Alnum, 54, 54, Chance, Vendor),
    form("Facebook", "EAA", Alnum, 100, ANY, Chance, Vendor),
    form("Facebook", "EAACEdEose0cBA", Alnum, 20, ANY, Chance, Vendor),
    form("Figma", "figd_", Url, 30, ANY, Chance, Vendor),
    form("Flutterwave", "FLWPUBK-", Url, 32, ANY, Chance, Vendor),
    form("Flutterwave", "FLWSECK-", Url, 32, ANY, Chance, Vendor),
    form("Flutterwave", "FLWSECK_TEST-", Url, 12, ANY, Chance, Vendor),
    form("Fly.io", "fm1_", Wide, 60, ANY, Chance, Vendor),
    form("Fly.io", "fm1a_", Wide, 60, ANY, Chance, Vendor),
    form("Fly.io", "fm1r_", Wide, 60, ANY, Chance, Vendor),
    form("Fly.io", "fm2_", Wide, 60, ANY, Chance, Vendor),
    form("Fly.io", "fo1_", Url, 40, ANY, Chance, Vendor),
    form("Frame.io", "fio-u-", Url, 60, ANY, Chance, Vendor),
    form("GitHub", "gho_", Alnum, 30, ANY, Crc, Vendor),
    form("GitHub", "ghp_", Alnum, 30, ANY, Crc, Vendor),
    form("GitHub", "ghr_", Alnum, 30, ANY, Crc, Vendor),
    form("GitHub", "ghs_", Dotted, 30, ANY, Crc, Vendor),
    form("GitHub", "ghu_", Alnum, 30, ANY, Crc, Vendor),
    form("GitHub", "github_pat_", Url, 40, ANY, Chance, Vendor),
    form("GitLab", "GR1348941", Url, 20, ANY, Chance, Vendor),
    form("GitLab", "glagent-", Url, 40, ANY, Chance, Vendor),
    form("GitLab", "glcbt-", Url, 18, ANY, Chance, Vendor),
    form("GitLab", "gldt-", Url, 18, ANY, Chance, Vendor),
    form("GitLab", "glffct-", Url, 18, ANY, Chance, Vendor),
    form("GitLab", "glft-", Url, 18, ANY, Chance, Vendor),
    form("GitLab", "glimt-", Url, 18, ANY, Chance, Vendor),
    form("GitLab", "gloas-", Url, 18, ANY, Chance, Vendor),
    form("GitLab", "glpat-", Dotted, 18, ANY, Chance, Vendor),
    form("GitLab", "glptt-", Url, 18, ANY, Chance, Vendor),
    form("GitLab", "glrt-", Dotted, 18, ANY, Chance, Vendor),
    form("GitLab", "glsoat-", Url, 18, ANY, Chance, Vendor),
    form("GitLab", "glwt-", Url, 18, ANY, Chance, Vendor),
    form("Google", "AIza", Url, 35, 40, Chance, Cloud),
    form("Google", "GOCSPX-", Url, 20, 40, Chance, Cloud),
    form("Google", "ya29.", Dotted, 20, ANY, Chance, Cloud),
    form("Grafana", "glc_", Wide, 30, ANY, Chance, Vendor),
    form("Grafana", "glsa_", Url, 30, ANY, Chance, Vendor),
    form("Groq", "gsk_", Alnum, 40, ANY, Chance, Vendor),
    form("HashiCorp", "hvb.", Url, 20, ANY, Chance, Vendor),
    form("HashiCorp", "hvr.", Url, 20, ANY, Chance, Vendor),
    form("HashiCorp", "hvs.", Url, 20, ANY, Chance, Vendor),
    form("HashiCorp", "s.", Alnum, 24, 24, Alone, Vendor),
    form("Heroku", "HRKU-", Url, 36, ANY, Chance, Vendor),
    form("HubSpot", "pat-eu1-", HexDash, 36, 36, Chance, Vendor),
    form("HubSpot", "pat-na1-", HexDash, 36, 36, Chance, Vendor),
    form("HubSpot", "pat-na2-", HexDash, 36, 36, Chance, Vendor),
    form("HuggingFace", "api_org_", Alnum, 30, ANY, Chance, Vendor),
    form("HuggingFace", "hf_", Alnum, 30, ANY, Chance, Vendor),
    form("Infracost", "ico-", Alnum, 32, 32, Chance, Vendor),
    form("LangChain", "lsv2_pt_", Url, 40, ANY, Chance, Vendor),
    form("LangChain", "lsv2_sk_", Url, 40, ANY, Chance, Vendor),
    form("Linear", "lin_api_", Alnum, 30, ANY, Chance, Vendor),
    form("Linear", "lin_oauth_", Alnum, 30, ANY, Chance, Vendor),
    form("Lob", "live_", Hex, 35, 35, Chance, Vendor),
    form("MailerSend", "mlsn.", Hex, 60, ANY, Chance, Vendor),
    form("Mailgun", "key-", Hex, 32, ANY, Chance, Vendor),
    form("Mailgun", "pubkey-", Hex, 32, ANY, Chance, Vendor),
    form("Mapbox", "sk.eyJ", Dotted, 40, ANY, Chance, Vendor),
    form("MongoDB", "mdb_sa_sk_", Url, 30, ANY, Chance, Vendor),
    form("Neon", "napi_", Alnum, 40, ANY, Chance, Vendor),
    form("Netlify", "nfp_", Alnum, 30, ANY, Chance, Vendor),
    form("New Relic", "NRAA-", Hex, 27, 27, Chance, Vendor),
    form("New Relic", "NRAK-", Alnum, 20, ANY, Chance, Vendor),
    form("New Relic", "NRBR-", Hex, 19, 19, Chance, Vendor),
    form("New Relic", "NRII-", Url, 32, ANY, Chance, Vendor),
    form("New Relic", "NRJS-", Hex, 19, 19, Chance, Vendor),
    form("Notion", "ntn_", Alnum, 40, ANY, Chance, Vendor),
    form("Notion", "secret_", Alnum, 43, 43, Chance, Vendor),
    form("npm", "npm_", Alnum, 36, ANY, Crc, Vendor),
    form("NuGet", "oy2", Lower, 43, 43, Chance, Vendor),
    form("NVIDIA", "nvapi-", Url, 40, ANY, Chance, Vendor),
    form("OpenAI", "sk-", Alnum, 32, ANY, Chance, Vendor),
    form("OpenAI", "sk-None-", Url, 20, ANY, Chance, Vendor),
    form("OpenAI", "sk-admin-", Url, 20, ANY, Chance, Vendor),
    form("OpenAI", "sk-proj-", Url, 20, ANY, Chance, Vendor),
    form("OpenAI", "sk-svcacct-", Url, 20, ANY, Chance, Vendor),
    form("OpenRouter", "sk-or-v1-", Hex, 40, ANY, Chance, Vendor),
    form("Perplexity", "pplx-", Alnum, 40, ANY, Chance, Vendor),
    form("Pinecone", "pcsk_", Url, 40, ANY, Chance, Vendor),
    form("PlanetScale", "pscale_oauth_", Dotted, 32, ANY, Chance, Vendor),
    form("PlanetScale", "pscale_pw_", Dotted, 32, ANY, Chance, Vendor),
    form("PlanetScale", "pscale_tkn_", Dotted, 32, ANY, Chance, Vendor),
    form("PostHog", "phs_", Alnum, 32, ANY, Chance, Vendor),
    form("PostHog", "phx_", Alnum, 32, ANY, Chance, Vendor),
    form("Postman", "PMAK-", Url, 30, ANY, Chance, Vendor),
    form("Prefect", "pnb_", Alnum, 36, 36, Chance, Vendor),
    form("Prefect", "pnu_", Alnum, 36, 36, Chance, Vendor),
    form("Pulumi", "pul-", Hex, 40, 40, Chance, Vendor),
    form("PyPI", "pypi-Ag", Url, 40, ANY, Chance, Vendor),
    form("ReadMe", "rdme_", Alnum, 60, ANY, Chance, Vendor),
    form("Replicate", "r8_", Alnum, 36, ANY, Chance, Vendor),
    form("Resend", "re_", Url, 32, 40, Chance, Vendor),
    form("RubyGems", "rubygems_", Hex, 40, ANY, Chance, Vendor),
    form("Salesforce", "00D", Salesforce, 80, ANY, Chance, Vendor),
    form("Scalingo", "tk-us-", Url, 40, ANY, Chance, Vendor),
    form("SendGrid", "SG.", Dotted, 40, ANY, Chance, Vendor),
    form("Sentry", "sntrys_", Wide, 30, ANY, Chance, Vendor),
    form("Sentry", "sntryu_", Alnum, 30, ANY, Chance, Vendor),
    form("Shippo", "shippo_live_", Hex, 40, 40, Chance, Vendor),
    form("Shippo", "shippo_test_", Hex, 40, 40, Chance, Vendor),
    form("Shopify", "shpat_", Alnum, 24, ANY, Chance, Vendor),
    form("Shopify", "shpca_", Alnum, 24, ANY, Chance, Vendor),
    form("Shopify", "shppa_", Alnum, 24, ANY, Chance, Vendor),
    form("Shopify", "shpss_", Alnum, 24, ANY, Chance, Vendor),
    form("Slack", "hooks.slack.com/services/", Wide, 20, ANY, Chance, Vendor),
    form("Slack", "hooks.slack.com/triggers/", Wide, 20, ANY, Chance, Vendor),
    form("Slack", "hooks.slack.com/workflows/", Wide, 20, ANY, Chance, Vendor),
    form("Slack", "xapp-", Url, 10, ANY, Chance, Vendor),
    form("Slack", "xoxa-", Url, 10, ANY, Chance, Vendor),
    form("Slack", "xoxb-", Url, 10, ANY, Chance, Vendor),
    form("Slack", "xoxc-", Url, 10, ANY, Chance, Vendor),
    form("Slack", "xoxd-", Wide, 10, ANY, Chance, Vendor),
    form("Slack", "xoxe-", Url, 10, ANY, Chance, Vendor),
    form("Slack", "xoxe.xox", Dotted, 10, ANY, Chance, Vendor),
    form("Slack", "xoxo-", Url, 10, ANY, Chance, Vendor),
    form("Slack", "xoxp-", Url, 10, ANY, Chance, Vendor),
    form("Slack", "xoxr-", Url, 10, ANY, Chance, Vendor),
    form("Slack", "xoxs-", Url, 10, ANY, Chance, Vendor),
    form("SonarQube", "sqa_", Hex, 40, 40, Chance, Vendor),
    form("SonarQube", "sqp_", Hex, 40, 40, Chance, Vendor),
    form("SonarQube", "squ_", Hex, 40, 40, Chance, Vendor),
    form("Sourcegraph", "sgp_", Url, 40, ANY, Chance, Vendor),
    form("Sourcegraph", "slk_", Hex, 64, 64, Chance, Vendor),
    form("Square", "EAAA", Url, 56, ANY, Chance, Vendor),
    form("Square", "sq0atp-", Url, 20, ANY, Chance, Vendor),
    form("Square", "sq0csp-", Url, 20, ANY, Chance, Vendor),
    form("Stripe", "pk_live_", Alnum, 10, ANY, Chance, Vendor),
    form("Stripe", "pk_test_", Alnum, 10, ANY, Chance, Vendor),
    form("Stripe", "rk_live_", Alnum, 10, ANY, Chance, Vendor),
    form("Stripe", "rk_test_", Alnum, 10, ANY, Chance, Vendor),
    form("Stripe", "sk_live_", Alnum, 10, ANY, Chance, Vendor),
    form("Stripe", "sk_test_", Alnum, 10, ANY, Chance, Vendor),
    form("Stripe", "whsec_", Wide, 20, ANY, Chance, Vendor),
    form("Supabase", "sb_secret_", Url, 20, ANY, Chance, Vendor),
    form("Supabase", "sbp_", Hex, 36, ANY, Chance, Vendor),
    form("Swarm", "SWMKEY-1-", Url, 40, ANY, Chance, Vendor),
    form("Swarm", "SWMTKN-1-", Url, 40, ANY, Chance, Vendor),
    form("Tailscale", "tskey-", Url, 16, ANY, Chance, Vendor),
    form("Teams", "webhook.office.com/webhookb2/", Webhook, 40, ANY, Chance, Vendor),
    form("Tencent", "AKID", Alnum, 32, 36, Chance, Cloud),
    form("Together", "tgp_v1_", Url, 40, ANY, Chance, Vendor),
    form("Twilio", "AC", Hex, 32, 32, Chance, Vendor),
    form("Twilio", "SK", Hex, 32, 32, Chance, Vendor),
    form("Twitter", "AAAAAAAAAAAAAAAAAAAAA", Percent, 80, 130, Alone, Vendor),
    form("Typeform", "tfp_", Dotted, 44, ANY, Chance, Vendor),
    form("URL", "secret-token:", Url, 8, ANY, Chance, Vendor),
    form("WooCommerce", "ck_", Hex, 40, 40, Chance, Vendor),
    form("WooCommerce", "cs_", Hex, 40, 40, Chance, Vendor),
    form("xAI", "xai-", Alnum, 40, ANY, Chance, Vendor),
    form("Zapier", "hooks.zapier.com/hooks/catch/", Wide, 10, ANY, Chance, Vendor),
];

/// The first three letters of every prefix.
pub(crate) const HEADS: Grams = {
    let mut set = Grams::empty();
    let mut index = 0;
    while index < FORMS.len() {
        set = set.with_head(FORMS[index].prefix.as_bytes());
        index += 1;
    }
    set
};

const SLOTS: usize = 256;
const NONE: u8 = u8::MAX;

const fn slot_of(first: u8, second: u8) -> usize {
    (first as usize * 31 + second as usize) % SLOTS
}

/// Rows chained by the first two bytes of their prefix, in their order.
#[allow(clippy::cast_possible_truncation, reason = "an index is below NONE, which the assertion checks")]
static CHAIN: ([u8; SLOTS], [u8; FORMS.len()]) = {
    assert!(FORMS.len() < NONE as usize);
    let mut heads = [NONE; SLOTS];
    let mut next = [NONE; FORMS.len()];
    let mut index = FORMS.len();
    while index > 0 {
        index -= 1;
        let prefix = FORMS[index].prefix.as_bytes();
        let slot = slot_of(prefix[0], prefix[1]);
        next[index] = heads[slot];
        heads[slot] = index as u8;
    }
    (heads, next)
};

/// The rows whose prefix may begin with two bytes, in the order of the table.
pub(crate) fn forms_of(first: u8, second: u8) -> impl Iterator<Item = &'static Form> {
    let mut index = CHAIN.0.get(slot_of(first, second)).copied().unwrap_or(NONE);
    std::iter::from_fn(move || {
        let form = FORMS.get(usize::from(index))?;
        index = CHAIN.1.get(usize::from(index)).copied().unwrap_or(NONE);
        Some(form)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect;

    /// A body that looks made by chance, always the same for a row.
    fn body(form: &Form, length: usize) -> String {
        let letters: Vec<char> = (b'!'..=b'~')
            .filter(|byte| form.alphabet.holds(*byte) && byte.is_ascii_alphanumeric())
            .map(char::from)
            .collect();
        let mut seed = form.prefix.bytes().fold(7u32, |sum, byte| sum.wrapping_mul(31) + u32::from(byte));
        let mut body: String = (0..length)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                letters[(seed >> 16) as usize % letters.len()]
            })
            .collect();
        // Both a digit and a letter, whatever chance gave.
        body.replace_range(
            0..2,
            if form.alphabet == Hex || form.alphabet == HexDash || form.alphabet == Lower { "a7" } else { "A7" },
        );
        if form.check == DotAt14 {
            body.replace_range(14..15, ".");
        }
        body
    }

    fn covers(text: &str, token: &str) -> bool {
        let start = text.find(token).unwrap_or_default();
        detect(text).iter().any(|span| span.start <= start && span.end >= start + token.len())
    }

    #[test]
    fn each_row_finds_its_token_in_every_surrounding() {
        for form in FORMS {
            for length in [form.min, form.max.min(form.min + 7)] {
                let token = format!("{}{}", form.prefix, body(form, length));
                for text in [
                    token.clone(),
                    format!("key {token} used"),
                    format!("a=\"{token}\",b"),
                    format!("({token})"),
                    format!("x\\n{token}\\ny"),
                    format!("https://h.example/p?t={token}&x=1"),
                ] {
                    assert!(covers(&text, &token), "{} {} in {text:?}: {:?}", form.vendor, form.prefix, detect(&text));
                }
            }
        }
    }

    #[test]
    fn each_row_leaves_alone_what_misses_it() {
        for form in FORMS {
            let short = format!("{}{}", form.prefix, body(form, form.min - 1));
            let other = FORMS.iter().filter(|other| short.starts_with(other.prefix)).count() > 1;
            // What is too short for this row may be long enough for the row of a shorter prefix.
            if !other {
                assert_eq!(detect(&format!("key {short} used")), [], "{} {}", form.vendor, form.prefix);
            }
            let mask = format!("{}{}", form.prefix, "x".repeat(form.min));
            assert_eq!(detect(&format!("key {mask} used")), [], "{} {}", form.vendor, form.prefix);
            let whole = body(form, form.min);
            let mut inside = format!("q{}{whole}", form.prefix);
            inside.retain(|byte| byte != '.' || !form.prefix.contains('/'));
            if !form.prefix.contains(['.', '-', '/', ':', '$']) {
                assert_eq!(detect(&format!("key {inside} used")), [], "{} {}", form.vendor, form.prefix);
            }
        }
    }

    #[test]
    fn rows_are_sorted_and_no_prefix_is_there_twice() {
        assert!(FORMS.is_sorted_by_key(|form| (form.vendor.to_lowercase(), form.prefix)));
        for (index, form) in FORMS.iter().enumerate() {
            assert!(FORMS.iter().skip(index + 1).all(|other| other.prefix != form.prefix), "{}", form.prefix);
            assert!(form.min <= form.max && form.prefix.len() >= 2);
        }
    }
}
