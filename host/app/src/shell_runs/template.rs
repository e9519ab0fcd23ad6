//! Lines with places to fill in, such as `kubectl get {resource} -n {namespace}`.
//!
//! Invariant: a value is one plain word and no option, so that it can change nothing but the place that it fills.

use std::collections::BTreeMap;

use trcaa_store::ShellTemplate;

use crate::{App, AppError};

/// Longest value: longer than any name that a cluster or system allows.
const VALUE_CHARS_MAX: usize = 253;

impl App {
    /// Fills a template in; the line and the least tier that it runs under.
    ///
    /// # Errors
    /// There is no such template, a place has no value or a value no place, or a value is more than one plain word.
    pub fn fill_template(&self, id: &str, values: &[(String, String)]) -> Result<(String, u8), AppError> {
        let template =
            self.store.shell_template(id).map_err(|e| AppError::from(e).hint("see them all: trcaa shell templates"))?;
        Ok((filled(&template, values)?, template.tier))
    }
}

fn filled(template: &ShellTemplate, values: &[(String, String)]) -> Result<String, AppError> {
    let failed = |why: String| AppError::usage("template", format!("filling in the template {}: {why}", template.id));
    let mut left: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, value) in values {
        if left.insert(name, value).is_some() {
            return Err(failed(format!("{name} has two values")));
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/:@+,%".contains(c);
        if value.is_empty() || value.starts_with('-') || value.len() > VALUE_CHARS_MAX || !value.chars().all(is_plain) {
            return Err(failed(format!(
                "the value of {name} has to be one word of letters, digits and . _ - / : @ + , %"
            ))
            .hint("for anything else give the whole line: trcaa shell run LINE"));
        }
    }
    let mut line = String::new();
    let mut rest = template.command_template.as_str();
    let mut used = Vec::new();
    while let Some((before, place, after)) = next_place(rest) {
        line.push_str(before);
        let Some(value) = left.get(place) else {
            return Err(failed(format!("{{{place}}} has no value")).hint(format!("add --set {place}=VALUE")));
        };
        line.push_str(value);
        used.push(place);
        rest = after;
    }
    line.push_str(rest);
    match left.keys().find(|name| !used.contains(name)) {
        Some(unused) => Err(failed(format!("it has no place {{{unused}}}: {}", template.command_template))),
        None => Ok(line),
    }
}

/// Text before a place, its name, and what follows it.
fn next_place(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let open = from + text.get(from..)?.find('{')?;
        let inner = text.get(open + 1..)?;
        let end = inner.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))?;
        if end > 0 && inner.get(end..)?.starts_with('}') {
            return Some((text.get(..open)?, inner.get(..end)?, inner.get(end + 1..)?));
        }
        from = open + 1;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn fill(text: &str, values: &[(&str, &str)]) -> Result<String, AppError> {
        let template = ShellTemplate {
            id: "t".into(),
            command_template: text.into(),
            tier: 1,
            description: None,
            category: "general".into(),
            created_at: String::new(),
        };
        let values: Vec<_> = values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        filled(&template, &values)
    }

    #[test]
    fn places_are_filled_with_one_word_each() {
        let line = fill("kubectl get {resource} -n {namespace}", &[("resource", "pods"), ("namespace", "shop-2")]);
        assert_eq!(line.unwrap(), "kubectl get pods -n shop-2");
        assert_eq!(fill("{a}{a} ${HOME} {} {B}", &[("a", "x")]).unwrap(), "xx ${HOME} {} {B}");
        assert_eq!(fill("df -h", &[]).unwrap(), "df -h");
        // What fills a place is not looked at for further places.
        assert!(fill("{a} {b}", &[("a", "{b}"), ("b", "x")]).is_err());
    }

    #[test]
    fn a_value_changes_nothing_but_its_place() {
        for value in
            ["", "-A", "--kubeconfig=x", "a b", "a;b", "$(x)", "a\nb", "'", "é", "a|b", "`x`", "a{b", "*", "~", "a=b"]
        {
            assert_eq!(fill("ls {a}", &[("a", value)]).unwrap_err().code, "template", "{value:?}");
        }
        assert!(fill("ls {a}", &[]).unwrap_err().message.contains("{a} has no value"));
        assert!(fill("ls {a}", &[("a", "x"), ("b", "y")]).unwrap_err().message.contains("no place {b}"));
        assert!(fill("ls {a}", &[("a", "x"), ("a", "y")]).unwrap_err().message.contains("two values"));
    }
}
