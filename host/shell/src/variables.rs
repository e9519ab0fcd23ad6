//! What the variables, functions and aliases of a line hold, so that `x=destroy; qm $x 1` is judged as what it runs.
//!
//! A reading, not an evaluation: a variable has every value that the line ever gives it, and what is not known is left as
//! it is spelled. It can only raise a tier. Bounded in names, values and bytes.

use crate::cook::cook;
use crate::limits::{EXPANDED_BYTES_MAX, JUDGED_READINGS_MAX, VALUES_MAX, VARIABLES_MAX};
use crate::text;
use crate::tier::Tier;
use crate::walk::Walk;

/// The variables of a line, and the bodies of its functions and aliases.
#[derive(Default)]
pub(crate) struct Variables {
    known: Vec<(String, Vec<String>)>,
    bodies: Vec<(String, String)>,
    spent: usize,
}

impl Variables {
    fn values(&self, name: &str) -> Option<&[String]> {
        self.known.iter().find(|(known, _)| known == name).map(|(_, values)| values.as_slice())
    }

    /// Replaces what is known in a raw text, by the `at`-th value of each variable; tells how many readings there are,
    /// none if nothing was known.
    fn expand(&self, raw: &str, at: usize) -> (String, usize) {
        let (mut out, mut readings, mut rest, mut double) = (String::new(), 0, raw, false);
        while let Some(sign) = rest.find(['$', '\\', '\'', '"']) {
            let (plain, tail) = rest.split_at(sign);
            out.push_str(plain);
            let mut chars = tail.chars();
            match chars.next() {
                Some('\\') => {
                    let taken = 1 + chars.next().map_or(0, char::len_utf8);
                    out.push_str(tail.get(..taken).unwrap_or(tail));
                    rest = tail.get(taken..).unwrap_or_default();
                }
                Some('\'') if !double => {
                    let end = tail.get(1..).and_then(|text| text.find('\'')).map_or(tail.len(), |end| end + 2);
                    out.push_str(tail.get(..end).unwrap_or(tail));
                    rest = tail.get(end..).unwrap_or_default();
                }
                Some('$') => {
                    let Some((name, how, taken)) = reference(tail) else {
                        out.push('$');
                        rest = chars.as_str();
                        continue;
                    };
                    let indirect = how == How::Indirect;
                    let name = if indirect { self.values(name).and_then(|v| v.last()).map_or("", |v| v) } else { name };
                    let value = self.values(name).and_then(|values| {
                        readings = readings.max(values.len());
                        values.get(at).or_else(|| values.last())
                    });
                    match value {
                        // "$@" ends the quotes for each of its words.
                        Some(value) if how == How::All && double => out.extend(["\"", value, "\""]),
                        Some(value) if how == How::Lower => out.push_str(&value.to_ascii_lowercase()),
                        Some(value) if how == How::Upper => out.push_str(&value.to_ascii_uppercase()),
                        Some(value) => out.push_str(value),
                        None => out.push_str(tail.get(..taken).unwrap_or_default()),
                    }
                    rest = tail.get(taken..).unwrap_or_default();
                }
                Some(quote) => {
                    double ^= quote == '"';
                    out.push(quote);
                    rest = chars.as_str();
                }
                None => break,
            }
        }
        out.push_str(rest);
        (out, readings)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Plain,
    All,
    Lower,
    Upper,
    Indirect,
}

/// Reads the reference that a text begins with: its name, how it is taken, and its length.
fn reference(text: &str) -> Option<(&str, How, usize)> {
    let after = text.strip_prefix('$')?;
    let end_of_name = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let Some(inside) = after.strip_prefix('{') else {
        let special = after.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '@' | '*'));
        let length = if special { 1 } else { end_of_name(after) };
        let how = if after.starts_with(['@', '*']) { How::All } else { How::Plain };
        return (length > 0).then_some((after.get(..length)?, how, 1 + length));
    };
    let close = inside.find('}')?;
    let body = inside.get(..close)?;
    let (body, indirect) = body.strip_prefix('!').map_or((body, false), |body| (body, true));
    let length = if body.starts_with(['@', '*']) { 1 } else { end_of_name(body) };
    let (name, how) = body.split_at_checked(length)?;
    let how = match how.as_bytes() {
        _ if indirect => How::Indirect,
        [b'[', b'@' | b'*', ..] => How::All,
        [b',', ..] => How::Lower,
        [b'^', ..] => How::Upper,
        _ if name == "@" || name == "*" => How::All,
        _ => How::Plain,
    };
    (length > 0).then_some((name, how, close + 3))
}

impl Walk {
    /// Notes a value that a variable may have. A value that could be a script is judged as one.
    pub(crate) fn gives(&mut self, name: &str, value: &str, depth: usize) {
        if name.is_empty() || value.is_empty() {
            return;
        }
        if value.contains(['|', ';', '&', '<', '>', '\n']) && value.contains(' ') {
            self.perhaps(value, depth + 1);
        }
        let known = &mut self.variables.known;
        let values = match known.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values,
            None => {
                if known.len() >= VARIABLES_MAX {
                    self.raise(Tier::Three, "sets more variables than can be followed");
                    return;
                }
                known.push((name.to_owned(), Vec::new()));
                let Some((_, values)) = known.last_mut() else { return };
                values
            }
        };
        if values.len() >= VALUES_MAX {
            self.raise(Tier::Three, "gives a variable more values than can be followed");
        } else if !values.iter().any(|known| known == value) {
            values.push(value.to_owned());
        }
    }

    /// Notes an assignment as it is spelled: `x=y`, `x+=y`, `x[1]=y`, `x=(y z)`.
    pub(crate) fn assigns(&mut self, raw: &str, depth: usize) {
        let Some((name, value)) = raw.split_once('=') else { return };
        let appends = name.ends_with('+');
        let name = name.split(['+', '[']).next().unwrap_or_default();
        let value = value.strip_prefix('(').and_then(|list| list.strip_suffix(')')).unwrap_or(value);
        let (value, _) = self.variables.expand(&text::dissolved(value).unwrap_or_else(|| value.to_owned()), usize::MAX);
        let mut plain = cook(&value).words.join(" ").replace('\u{1}', "");
        if appends && let Some(before) = self.variables.values(name).and_then(|values| values.last()) {
            plain = format!("{before}{plain}");
        }
        self.gives(name, &plain, depth);
    }

    /// Notes what `${x:=y}` gives to a variable.
    pub(crate) fn defaults(&mut self, raw: &str, depth: usize) {
        for piece in raw.split("${").skip(1) {
            let piece = piece.split('}').next().unwrap_or_default();
            if let Some((name, value)) = piece.split_once('=') {
                self.gives(name.trim_end_matches(':'), value, depth);
            }
        }
    }

    /// Notes what a command gives to variables by its arguments or by what it reads.
    pub(crate) fn gives_by_command(&mut self, args: &[&str], input: &[String], depth: usize) {
        let [name, rest @ ..] = args else { return };
        let operands = || rest.iter().filter(|arg| !arg.starts_with('-'));
        match *name {
            "export" | "declare" | "typeset" | "local" | "readonly" => {
                for arg in operands() {
                    self.assigns(arg, depth);
                }
            }
            "read" | "mapfile" | "readarray" => {
                let lines: Vec<String> = input
                    .iter()
                    .chain(self.flowing.as_ref())
                    .flat_map(|text| text.lines())
                    .map(str::to_owned)
                    .collect();
                let names: Vec<&str> = operands().copied().chain(["REPLY", "MAPFILE"]).collect();
                for line in lines.iter().take(VALUES_MAX) {
                    // Several names share the words of a line.
                    for name in &names {
                        self.gives(name, line, depth);
                    }
                    if names.len() > 3 {
                        for word in line.split_whitespace().take(VALUES_MAX) {
                            names.iter().for_each(|name| self.gives(name, word, depth));
                        }
                    }
                }
            }
            "printf" => {
                if let ["-v", name, format @ ..] = rest {
                    self.gives(name, &format.join(" "), depth);
                    self.gives(name, &format.get(1..).unwrap_or_default().join(""), depth);
                }
            }
            "set" => {
                let words = rest.strip_prefix(&["--"]).unwrap_or(rest);
                self.gives_places(words, depth);
            }
            "alias" => {
                for arg in rest {
                    if let Some((name, value)) = arg.split_once('=') {
                        self.defines(name, &format!("{value} \"$@\""));
                    }
                }
            }
            _ => {}
        }
    }

    fn gives_places(&mut self, words: &[&str], depth: usize) {
        let all = words.join(" ");
        self.gives("@", &all, depth);
        self.gives("*", &all, depth);
        for (word, place) in words.iter().zip(["1", "2", "3", "4", "5", "6", "7", "8", "9"]) {
            self.gives(place, word, depth);
        }
    }

    /// Notes the body of a function or alias.
    pub(crate) fn defines(&mut self, name: &str, body: &str) {
        if self.variables.bodies.iter().any(|(known, text)| known == name && text == body) {
            return;
        }
        if self.variables.bodies.len() < VARIABLES_MAX {
            self.variables.bodies.push((name.to_owned(), body.to_owned()));
        } else {
            self.raise(Tier::Three, "defines more functions than can be followed");
        }
    }

    /// Judges a call of a function or alias of the line as what it does with these arguments.
    pub(crate) fn calls(&mut self, args: &[&str], depth: usize) {
        let [name, rest @ ..] = args else { return };
        if rest.is_empty() {
            return;
        }
        let bodies: Vec<String> =
            self.variables.bodies.iter().filter(|(known, _)| known == name).map(|(_, body)| body.clone()).collect();
        if bodies.is_empty() {
            return;
        }
        let outer = std::mem::take(&mut self.variables.known);
        self.gives_places(rest, depth);
        for body in bodies {
            let (script, _) = self.variables.expand(&body, 0);
            if self.spend(script.len()) {
                self.perhaps(&script, depth + 1);
            }
        }
        self.variables.known = outer;
    }

    /// Takes bytes from the budget of what is read by the values of variables.
    fn spend(&mut self, bytes: usize) -> bool {
        self.variables.spent += bytes;
        let fine = self.variables.spent <= EXPANDED_BYTES_MAX;
        if !fine {
            self.raise(Tier::Three, "uses variables more often than can be followed");
        }
        fine
    }

    /// Gives the words of a command by the first values of the variables in it, and judges the other readings as text.
    pub(crate) fn readings(&mut self, raw: &[String]) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        if self.variables.known.is_empty() {
            return found;
        }
        let mut count = 1;
        let mut at = 0;
        while at < count {
            let mut line = Vec::new();
            let mut known = false;
            for word in raw {
                let (word, readings) = self.variables.expand(word, at);
                known |= readings > 0;
                count = count.max(readings);
                line.push(word);
            }
            if !known || !self.spend(line.iter().map(String::len).sum()) {
                break;
            }
            if let Some(reason) = text::destroys(&line.join(" ")) {
                self.raise(Tier::Three, reason);
            }
            if at < JUDGED_READINGS_MAX {
                found.push(line.iter().flat_map(|word| cook(word).words).collect());
            }
            at += 1;
        }
        found
    }

    /// Gives the readings of one word, by the values of the variables in it.
    pub(crate) fn readings_of(&mut self, raw: &str) -> Vec<String> {
        let mut found = Vec::new();
        if !raw.contains('$') || self.variables.known.is_empty() {
            return found;
        }
        let (mut at, mut count) = (0, 1);
        while at < count {
            let (word, readings) = self.variables.expand(raw, at);
            if readings == 0 || !self.spend(word.len()) {
                break;
            }
            count = count.max(readings);
            found.push(cook(&word).words.join(" "));
            at += 1;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::Variables;

    #[test]
    fn what_is_known_is_put_in_its_place() {
        let known = |name: &str, values: &[&str]| (name.to_owned(), values.iter().map(|v| (*v).to_owned()).collect());
        let variables = Variables {
            known: vec![known("x", &["a", "b"]), known("@", &["c d"]), known("y", &["x"]), known("U", &["AB"])],
            ..Variables::default()
        };
        for (raw, expected) in [
            ("$x${x}", "aa"),
            ("\"$x\"z", "\"a\"z"),
            ("'$x'", "'$x'"),
            ("\\$x", "\\$x"),
            ("\"'$x'\"", "\"'a'\""),
            ("\"$@\"", "\"\"c d\"\""),
            ("${x[@]}${!y}", "aa"),
            ("${U,,}", "ab"),
            ("${x%a}$q$", "a$q$"),
            ("$xy ${x", "$xy ${x"),
        ] {
            assert_eq!(variables.expand(raw, 0).0, expected, "{raw}");
        }
        assert_eq!(variables.expand("$x", 1), ("b".to_owned(), 2));
        assert_eq!(variables.expand("plain", 0), ("plain".to_owned(), 0));
    }
}
