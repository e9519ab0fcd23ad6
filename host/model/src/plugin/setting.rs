//! What a plugin lets the user set for a connection: the list in its manifest, and the check of what is typed.
//!
//! Invariant: a value that is stored or handed to a plugin has been checked against its entry; nothing secret is a
//! setting, because settings are kept in clear and shown.

use serde::{Deserialize, Serialize};

use super::Manifest;
use super::check::{ManifestError, plain, require};

/// Most settings of one plugin.
const SETTINGS_MAX: usize = 64;
/// Most choices of one setting.
const CHOICES_MAX: usize = 64;
/// Most characters of a value.
const VALUE_CHARS_MAX: usize = 1_000;
/// Names that are the host's: every connection has them.
const RESERVED: [&str; 4] = ["base_url", "model", "max_tokens", "temperature"];

/// What values a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SettingKind {
    /// One line of text.
    Text,
    /// A whole number, 64 bits with sign.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// One of the choices.
    Choice,
}

/// One setting of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingSpec {
    /// Lower-case letters, digits and `_`, 1 to 64 characters.
    pub name: String,
    /// What values it takes.
    pub kind: SettingKind,
    /// All there are; for [`SettingKind::Choice`] only.
    #[serde(default)]
    pub choices: Vec<String>,
    /// As it would be typed; `None` where the plugin sees none.
    #[serde(default)]
    pub default: Option<String>,
    /// One line for the person who sets it.
    pub description: String,
}

/// Why a typed setting is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingProblem {
    /// The plugin has none of that name.
    #[error("it has no setting {given:?}; it has: {known}")]
    Unknown {
        /// What was typed, cut.
        given: String,
        /// All names.
        known: String,
    },
    /// It takes other values.
    #[error("setting {name} is {given:?}; {allowed}")]
    Value {
        /// The setting.
        name: String,
        /// What was typed, cut.
        given: String,
        /// What it takes.
        allowed: String,
    },
}

impl SettingSpec {
    /// Reads what was typed into the JSON value that is stored.
    ///
    /// # Errors
    /// [`SettingProblem::Value`]
    pub fn parse(&self, typed: &str) -> Result<serde_json::Value, SettingProblem> {
        let refused = |allowed: String| SettingProblem::Value { name: self.name.clone(), given: cut(typed), allowed };
        match self.kind {
            SettingKind::Text if is_plain(typed) => Ok(typed.into()),
            SettingKind::Text => Err(refused(format!("it must be one line of 1 to {VALUE_CHARS_MAX} characters"))),
            SettingKind::Integer => {
                typed.parse::<i64>().map(Into::into).map_err(|_| refused("it must be a whole number".into()))
            }
            SettingKind::Boolean => match typed {
                "true" => Ok(true.into()),
                "false" => Ok(false.into()),
                _ => Err(refused("it must be true or false".into())),
            },
            SettingKind::Choice if self.choices.iter().any(|choice| choice == typed) => Ok(typed.into()),
            SettingKind::Choice => Err(refused(format!("it must be one of {}", self.choices.join(", ")))),
        }
    }
}

impl Manifest {
    /// Checks one typed setting; gives the value that is stored.
    ///
    /// # Errors
    /// [`SettingProblem`]: there is none of that name, or it takes other values.
    pub fn parse_setting(&self, name: &str, typed: &str) -> Result<serde_json::Value, SettingProblem> {
        match self.settings.iter().find(|setting| setting.name == name) {
            Some(setting) => setting.parse(typed),
            None => {
                let names: Vec<&str> = self.settings.iter().map(|setting| setting.name.as_str()).collect();
                let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                Err(SettingProblem::Unknown { given: cut(name), known })
            }
        }
    }

    /// What a plugin gets to see: every setting with its stored value, else its default, as it would be typed. A
    /// stored value that does not fit (any more) is left out, so that the default holds.
    pub fn settings_in_force(&self, stored: &serde_json::Value) -> Vec<(String, String)> {
        let in_force = |setting: &SettingSpec| {
            let stored = stored.get(&setting.name).map(|value| match value {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            let value = stored.filter(|text| setting.parse(text).is_ok()).or_else(|| setting.default.clone())?;
            Some((setting.name.clone(), value))
        };
        self.settings.iter().filter_map(in_force).collect()
    }
}

/// Checks the list of a manifest.
pub(super) fn check(settings: &[SettingSpec]) -> Result<(), ManifestError> {
    require(settings.len() <= SETTINGS_MAX, "setting", "", "has more than 64 entries")?;
    for (at, setting) in settings.iter().enumerate() {
        let name = &setting.name;
        let shaped = (1..=64).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            && name.starts_with(|c: char| c.is_ascii_lowercase());
        require(shaped, "setting.name", name, "must be 1 to 64 lower-case letters, digits and _")?;
        require(!RESERVED.contains(&name.as_str()), "setting.name", name, "is the host's")?;
        let twice = settings.iter().take(at).any(|other| other.name == *name);
        require(!twice, "setting.name", name, "is there twice")?;
        plain("setting.description", &setting.description)?;
        let has_choices = (1..=CHOICES_MAX).contains(&setting.choices.len());
        let is_choice = setting.kind == SettingKind::Choice;
        require(
            has_choices == is_choice,
            "setting.choices",
            name,
            "has 1 to 64 choices if its kind is choice, else none",
        )?;
        setting.choices.iter().try_for_each(|choice| plain("setting.choices", choice))?;
        if let Some(default) = &setting.default {
            require(setting.parse(default).is_ok(), "setting.default", default, "is no value of this setting")?;
        }
    }
    Ok(())
}

fn is_plain(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= VALUE_CHARS_MAX && !text.chars().any(char::is_control)
}

fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "id='x-y'\nversion='1.0.0'\nkind='ai-provider'\nworld='trcaa:ai/ai-provider@0.1.0'\ndescription='x'\n";

    fn read(settings: &str) -> Result<Manifest, String> {
        Manifest::parse(format!("{HEAD}{settings}").as_bytes()).map_err(|e| e.to_string())
    }

    const GOOD: &str = "[[setting]]\nname='port'\nkind='integer'\ndefault='8'\ndescription='d'\n\
                        [[setting]]\nname='auth'\nkind='choice'\nchoices=['a','b']\ndescription='d'\n\
                        [[setting]]\nname='on'\nkind='boolean'\ndescription='d'\n\
                        [[setting]]\nname='note'\nkind='text'\ndescription='d'\n";

    #[test]
    fn what_is_typed_is_checked_against_its_kind() -> Result<(), String> {
        let manifest = read(GOOD)?;
        for (name, good, bad) in [
            ("port", vec!["0", "-3"], vec!["", "1.5", "x", " 1", "99999999999999999999"]),
            ("auth", vec!["a", "b"], vec!["", "A", "c"]),
            ("on", vec!["true", "false"], vec!["yes", "1", "True"]),
            ("note", vec!["hello there"], vec!["", " ", "two\nlines", "bell\u{7}", &"x".repeat(VALUE_CHARS_MAX + 1)]),
        ] {
            assert!(good.iter().all(|typed| manifest.parse_setting(name, typed).is_ok()), "{name}");
            assert!(!bad.iter().any(|typed| manifest.parse_setting(name, typed).is_ok()), "{name}");
        }
        assert!(matches!(manifest.parse_setting("nope", "1"), Err(SettingProblem::Unknown { .. })));
        Ok(())
    }

    #[test]
    fn a_plugin_sees_stored_values_then_defaults_and_never_what_does_not_fit() -> Result<(), String> {
        let stored = serde_json::json!({"port": "many", "auth": "b", "on": true, "other": 1});
        let seen = read(GOOD)?.settings_in_force(&stored);
        let seen: Vec<(&str, &str)> = seen.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(seen, [("port", "8"), ("auth", "b"), ("on", "true")]);
        Ok(())
    }

    #[test]
    fn a_list_that_lies_is_refused() {
        for (from, to, part) in [
            ("name='port'", "name='Port'", "setting.name"),
            ("name='port'", "name='base_url'", "setting.name"),
            ("name='port'", "name='auth'", "twice"),
            ("default='8'", "default='eight'", "setting.default"),
            ("choices=['a','b']\n", "", "setting.choices"),
            ("kind='boolean'", "kind='boolean'\nchoices=['x']", "setting.choices"),
            ("kind='text'", "kind='secret'", "unknown variant"),
            ("description='d'", "description='\u{202e}d'", "setting.description"),
        ] {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD, "{from}");
            let refusal = read(&text).map(|_| String::new()).unwrap_or_else(|e| e);
            assert!(refusal.contains(part), "{to}: {refusal}");
        }
    }
}
