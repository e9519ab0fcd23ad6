//! Calls into integrations: search and fetch, and writes that are planned before they are made.

mod read;

use std::sync::Arc;

use trcaa_model::guard::Redacted;
use trcaa_model::plugin::Kind;

use crate::bindings::integration::exports::trcaa::integration::{source, writer};
use crate::bindings::integration::{Integration as Guest, IntegrationPre};
use crate::call::{CallContext, CallState, run};
use crate::error::{Fault, LoadError, PluginError};
use crate::host_functions::Pushed;
use crate::output_check::records;
use crate::plugin::Plugin;

pub use read::RemoteCollection;

/// Most items of one page that are taken.
const PAGE_ITEMS_MAX: u32 = 100;

/// An item of a remote system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteItem {
    /// Space, project or table.
    pub collection: String,
    /// Id in it.
    pub id: String,
    /// For conflict detection.
    pub revision: Option<String>,
    /// Where a person finds it.
    pub url: Option<String>,
    /// One line.
    pub title: String,
    /// Markdown.
    pub body: String,
}

/// What a write would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WritePlan {
    /// For the person who decides.
    pub summary: String,
    /// As it is.
    pub before: Option<String>,
    /// As it would be.
    pub after: Option<String>,
    /// Whether it can be taken back.
    pub reversible: bool,
    token: String,
    change: NewItem,
}

/// An item to be created. Its texts passed the guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewItem {
    /// Space, project or table.
    pub collection: String,
    /// One line.
    pub title: Redacted,
    /// Markdown.
    pub body: Redacted,
}

/// An integration, ready to be called.
#[derive(Clone)]
pub struct Integration {
    plugin: Arc<Plugin>,
    pre: IntegrationPre<CallState>,
    context: Arc<CallContext>,
}

impl Integration {
    /// Takes a plugin of the right kind.
    ///
    /// # Errors
    /// [`LoadError`] if it is of another kind.
    pub fn new(plugin: &Arc<Plugin>, context: Arc<CallContext>) -> Result<Self, LoadError> {
        plugin.expect_kind(Kind::Integration)?;
        let pre = IntegrationPre::new(plugin.instance().clone())
            .map_err(|e| LoadError { name: plugin.manifest().id.clone(), problem: format!("{e:#}") })?;
        Ok(Self { plugin: Arc::clone(plugin), pre, context })
    }

    /// Tells who the remote says we are.
    ///
    /// # Errors
    /// [`PluginError`]
    pub fn whoami(&self) -> Result<String, PluginError> {
        let name = self.call("whoami", |guest, store| guest.trcaa_integration_source().call_whoami(store))?;
        records::line("the name that it gives", &name).map_err(|problem| self.refuse("whoami", problem))?;
        Ok(self.context.scrubbed(name))
    }

    /// Searches; at most 100 items come back.
    ///
    /// # Errors
    /// [`PluginError`]
    pub fn search(&self, text: &Redacted, limit: u32) -> Result<Vec<RemoteItem>, PluginError> {
        let query = source::Query {
            text: text.as_str().to_owned(),
            collection: None,
            filter: None,
            limit: limit.min(PAGE_ITEMS_MAX),
            cursor: None,
        };
        let page = self.call("search", |guest, store| guest.trcaa_integration_source().call_search(store, &query))?;
        if page.items.len() > query.limit as usize {
            let problem = format!("{} items where at most {} were asked for", page.items.len(), query.limit);
            return Err(self.plugin.refused(&self.context, "search", Fault::BadOutput(problem)));
        }
        page.items.iter().try_for_each(believable).map_err(|problem| self.refuse("search", problem))?;
        Ok(page.items.into_iter().map(|found| self.item(found)).collect())
    }

    /// Plans the creation of an item, without writing.
    ///
    /// # Errors
    /// [`PluginError`]
    pub fn prepare_create(&self, new: NewItem) -> Result<WritePlan, PluginError> {
        let change = create(&new);
        let plan =
            self.call("prepare", |guest, store| guest.trcaa_integration_writer().call_prepare(store, &change))?;
        let texts = [Some(&plan.summary), plan.before.as_ref(), plan.after.as_ref()];
        let believed = texts.into_iter().flatten().try_for_each(|text| records::text("the text of its plan", text));
        believed.map_err(|problem| self.refuse("prepare", problem))?;
        let clean = |text: String| self.context.scrubbed(text);
        Ok(WritePlan {
            summary: clean(plan.summary),
            before: plan.before.map(clean),
            after: plan.after.map(clean),
            reversible: plan.reversible,
            token: clean(plan.token),
            change: new,
        })
    }

    /// Carries a plan out; the same `idempotency_key` writes once. Gives id and URL of what was written.
    ///
    /// # Errors
    /// [`PluginError`]
    pub fn apply(&self, plan: &WritePlan, idempotency_key: &str) -> Result<(String, Option<String>), PluginError> {
        let change = create(&plan.change);
        let wit_plan = writer::Plan {
            summary: plan.summary.clone(),
            before: plan.before.clone(),
            after: plan.after.clone(),
            reversible: plan.reversible,
            token: plan.token.clone(),
        };
        let (written, _) = self.call("apply", |guest, store| {
            guest.trcaa_integration_writer().call_apply(store, &change, &wit_plan, idempotency_key)
        })?;
        match written {
            Some(reference) => {
                let believed = records::id("the id of what it wrote", &reference.id);
                let url = reference.url.iter().try_for_each(|url| records::url("the address of what it wrote", url));
                believed.and(url).map_err(|problem| self.refuse("apply", problem))?;
                Ok((self.context.scrubbed(reference.id), reference.url.map(|url| self.context.scrubbed(url))))
            }
            None => {
                let fault = Fault::BadOutput("it names nothing that it created".into());
                Err(self.plugin.refused(&self.context, "apply", fault))
            }
        }
    }

    /// Takes an item over, searched for the connection's secrets in every field.
    fn item(&self, item: source::Item) -> RemoteItem {
        let clean = |text: String| self.context.scrubbed(text);
        RemoteItem {
            collection: clean(item.ref_.collection),
            id: clean(item.ref_.id),
            revision: item.ref_.revision.map(clean),
            url: item.ref_.url.map(clean),
            title: clean(item.title),
            body: clean(item.body),
        }
    }

    fn refuse(&self, function: &'static str, problem: String) -> PluginError {
        self.plugin.refused(&self.context, function, Fault::BadOutput(problem))
    }

    fn call<R>(
        &self,
        function: &'static str,
        body: impl FnOnce(
            &Guest,
            &mut wasmtime::Store<CallState>,
        ) -> wasmtime::Result<Result<R, crate::bindings::shared::trcaa::types::types::Error>>,
    ) -> Result<R, PluginError> {
        let limits = self.plugin.limits();
        let (answer, _) = run(&self.plugin, &self.context, limits, function, Pushed::default(), |store| {
            let guest = self.pre.instantiate(&mut *store)?;
            body(&guest, store)
        })?;
        answer.map_err(|e| self.plugin.failed(function, self.context.reported(e)))
    }
}

/// Whether an item may be shown and followed.
fn believable(item: &source::Item) -> Result<(), String> {
    records::id("an item's id", &item.ref_.id)?;
    records::line("an item's collection", &item.ref_.collection)?;
    item.ref_.revision.iter().try_for_each(|revision| records::line("an item's revision", revision))?;
    item.ref_.url.iter().try_for_each(|url| records::url("an item's address", url))?;
    records::line("an item's title", &item.title)?;
    records::text("an item's body", &item.body)
}

fn create(new: &NewItem) -> writer::Change {
    writer::Change::Create(source::Item {
        ref_: source::ItemRef { collection: new.collection.clone(), id: String::new(), revision: None, url: None },
        title: new.title.as_str().to_owned(),
        body: new.body.as_str().to_owned(),
        fields: "{}".into(),
        updated_at: None,
        extra: Vec::new(),
    })
}
