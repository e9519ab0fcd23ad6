//! Everything that looks at a text together: the plugins that are enabled, and the user's own rules.
//!
//! Invariants: none of them is left out; the first that fails fails the look.

use std::sync::Arc;

use trcaa_model::pii::Span;
use trcaa_runtime::Detector;

use crate::rules::Rules;
use crate::{App, AppError};

/// All that look at a text. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Detectors {
    plugins: Arc<[Detector]>,
    rules: Option<Arc<Rules>>,
}

impl From<Vec<Detector>> for Detectors {
    fn from(plugins: Vec<Detector>) -> Self {
        Self { plugins: plugins.into(), rules: None }
    }
}

impl Detectors {
    /// Adds the user's rules to the plugins.
    pub(crate) fn and_rules(self, rules: Option<Arc<Rules>>) -> Self {
        Self { rules, ..self }
    }

    /// Whether there is no plugin among them: then nothing may be looked at, nor leave.
    pub(crate) fn is_empty(&self) -> bool {
        self.plugins.is_empty()
    }

    /// Fails where there is nobody to look.
    ///
    /// # Errors
    /// `no_detector`.
    pub(crate) fn expect_any(&self) -> Result<(), AppError> {
        if self.is_empty() {
            return Err(AppError::failed("no_detector", "detecting personal data: no detector is enabled")
                .hint("enable one: trcaa plugin enable pii-base"));
        }
        Ok(())
    }

    /// Lets all of them look at one view of a text, whose first byte has the offset `base` in it: the spans of each
    /// after those of the one before, in the view's offsets.
    ///
    /// # Errors
    /// One that fails, or whose answer is not believed.
    pub(crate) fn look(&self, view: String, base: u64) -> Result<Vec<Span>, AppError> {
        Ok(self.look_at_all(&[view], base)?.pop().unwrap_or_default())
    }

    /// Lets all of them look at several texts, in one call each: a list of spans per text. `base` as for one.
    ///
    /// # Errors
    /// One that fails, or whose answer is not believed.
    pub(crate) fn look_at_all(&self, texts: &[String], base: u64) -> Result<Vec<Vec<Span>>, AppError> {
        self.expect_any()?;
        let mut found: Vec<Vec<Span>> = vec![Vec::new(); texts.len()];
        for detector in self.plugins.iter() {
            for (list, spans) in found.iter_mut().zip(detector.detect(texts)?) {
                list.extend(spans);
            }
        }
        if let Some(rules) = &self.rules {
            for (list, text) in found.iter_mut().zip(texts) {
                list.extend(rules.find(text, base));
            }
        }
        Ok(found)
    }

    /// Which they are: id and SHA-256 of each.
    fn identities(&self) -> Vec<(&str, &str)> {
        self.plugins.iter().map(|d| (d.plugin().manifest().id.as_str(), d.plugin().sha256())).collect()
    }
}

impl App {
    /// All that have to look at a text of this store before it may leave.
    ///
    /// # Errors
    /// One that is enabled and can't be loaded, or rules that can't be used.
    pub(crate) fn detectors(&self) -> Result<Detectors, AppError> {
        Ok(Detectors::from(self.plugins.detectors(&self.store)?).and_rules(self.rules()?))
    }

    /// The user's rules, read once: what a command does, it does by the same rules.
    fn rules(&self) -> Result<Option<Arc<Rules>>, AppError> {
        if let Some(rules) = self.rules.get() {
            return Ok(rules.clone());
        }
        let rules = Rules::load(&self.rules_source)?.map(Arc::new);
        Ok(self.rules.get_or_init(|| rules).clone())
    }

    /// Fails unless `looked` are all that have to look by now: what was enabled, updated or taken away while they did
    /// would have found something else, and nobody would be told.
    ///
    /// # Errors
    /// `detectors_changed`, or one that is enabled and is gone.
    pub(super) fn still_all(&self, looked: &Detectors) -> Result<(), AppError> {
        if self.detectors()?.identities() == looked.identities() {
            return Ok(());
        }
        Err(AppError::failed(
            "detectors_changed",
            "detecting personal data: detectors were switched, updated or removed meanwhile; nothing was stored",
        )
        .hint("try again; see which detectors there are with: trcaa plugin list"))
    }
}
