//! The main job in one go: issue, ingest, detect, redact, analyse, 5-Whys, RCA, export.

use std::path::PathBuf;

use serde::Serialize;
use trcaa_model::id::{DocumentId, IssueId, LogFileId};
use trcaa_model::issue::{IssueEdit, NewIssue, Severity, Status};

use crate::ingest::{LogInput, store_log};
use crate::issues::{check_title, open_issue};
use crate::{Analysis, App, AppError, ExportTarget};

/// Logs of one triage.
const LOGS_MAX: usize = 100;

/// What `triage` is given.
#[derive(Debug, Clone)]
pub struct TriageRequest {
    /// At least one.
    pub logs: Vec<LogInput>,
    /// Made from the analysis where it is not given.
    pub title: Option<String>,
    /// Taken from the analysis where it is not given.
    pub severity: Option<Severity>,
    /// One of the domains.
    pub domain: Option<String>,
    /// The provider: a connection, or the id of a plugin that needs none.
    pub provider: Option<String>,
    /// Folder of the exports.
    pub out: PathBuf,
    /// Such as `md`, `html`.
    pub formats: Vec<String>,
}

/// One answered level.
#[derive(Debug, Clone, Serialize)]
pub struct TriageWhy {
    /// 1 to 5.
    pub level: usize,
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
    /// Log hash, lines and the first line's text; empty where it is assumed.
    pub evidence: Vec<String>,
    /// Whether no line shows it.
    pub assumed: bool,
}

/// What came out.
#[derive(Debug, Clone)]
pub struct TriageReport {
    /// The issue.
    pub issue_id: IssueId,
    /// Its title.
    pub title: String,
    /// Its logs.
    pub log_file_ids: Vec<LogFileId>,
    /// Values hidden, over all logs.
    pub spans: usize,
    /// What was found.
    pub analysis: Analysis,
    /// The chain.
    pub whys: Vec<TriageWhy>,
    /// The RCA.
    pub document_id: DocumentId,
    /// Its files.
    pub exported: Vec<PathBuf>,
}

impl App {
    /// Does the main job. All logs are read before anything is stored; from then on each step is kept as it is done.
    ///
    /// # Errors
    /// What kept a step from being done, and which issue holds the steps before.
    pub fn triage(&self, request: &TriageRequest) -> Result<TriageReport, AppError> {
        if request.logs.is_empty() || request.logs.len() > LOGS_MAX {
            return Err(AppError::usage(
                "bad_count",
                format!("triage takes 1 to {LOGS_MAX} logs; {} were given", request.logs.len()),
            ));
        }
        if let Some(title) = &request.title {
            check_title(title)?;
        }
        if request.formats.is_empty() {
            return Err(
                AppError::usage("no_format", "triage writes at least one format").hint("such as: --formats md,html")
            );
        }
        for format in &request.formats {
            // A format that nobody writes is told now and not after the work.
            self.plugins.renderer(&self.store, format)?;
        }
        self.check_provider(&self.provider_id(request.provider.as_deref())?)?;
        std::fs::create_dir_all(&request.out)
            .map_err(|e| AppError::failed("unwritable", format!("making the folder {}: {e}", request.out.display())))?;
        let mut read = Vec::with_capacity(request.logs.len());
        for input in &request.logs {
            read.push(self.read_log(input, None)?);
        }
        let names: Vec<&str> = read.iter().map(|log| log.name.as_str()).collect();
        let new = NewIssue {
            title: request.title.clone().unwrap_or_else(|| working_title(&names)),
            description: None,
            severity: request.severity.unwrap_or(Severity::Medium),
            category: request.domain.clone(),
            source: Some("triage".into()),
            assigned_to: None,
            tags: Vec::new(),
        };
        let (issue, log_file_ids) = self.store.write(|tx| {
            let issue = open_issue(tx, &new)?.id;
            let mut ids: Vec<LogFileId> = Vec::with_capacity(read.len());
            for log in read {
                let new = log.into_new(issue.clone());
                if tx.log_by_hash(&issue, &new.content_hash)?.is_none() {
                    ids.push(store_log(tx, &new)?.id);
                }
            }
            Ok((issue, ids))
        })?;
        self.investigate(request, &issue, log_file_ids)
            .map_err(|error| error.hint(format!("what was done so far is kept: trcaa issue show {issue}")))
    }

    fn investigate(
        &self,
        request: &TriageRequest,
        issue: &IssueId,
        log_file_ids: Vec<LogFileId>,
    ) -> Result<TriageReport, AppError> {
        let mut spans = 0;
        for log in &log_file_ids {
            spans += self.redact_log(log)?;
        }
        let provider = request.provider.as_deref();
        let material = self.material(issue, provider)?;
        let analysis = self.analyze_material(issue, &material, provider)?;
        let whys = self.answer_whys(issue, &material, provider)?;
        drop(material);
        let names = self.log_names(issue)?;
        let edit = IssueEdit {
            status: Some(Status::Investigating),
            severity: request.severity.is_none().then_some(analysis.severity),
            ..IssueEdit::default()
        };
        let title = self.edit_issue(issue, &edit)?.title;
        let document = self.write_rca(issue)?;
        let mut exported = Vec::new();
        for format in &request.formats {
            let target = ExportTarget::Folder(request.out.clone());
            exported.push(self.export_document(&document.id, format, &target)?.path);
        }
        let whys = whys
            .into_iter()
            .enumerate()
            .map(|(index, why)| TriageWhy {
                level: index + 1,
                question: why.question,
                answer: why.answer,
                evidence: why.evidence.iter().map(|citation| names.shown(citation)).collect(),
                assumed: why.assumed,
            })
            .collect();
        Ok(TriageReport {
            issue_id: issue.clone(),
            title,
            log_file_ids,
            spans,
            analysis,
            whys,
            document_id: document.id,
            exported,
        })
    }
}

fn working_title(names: &[&str]) -> String {
    match names {
        [one] => format!("Incident in {one}"),
        [first, rest @ ..] => format!("Incident in {first} and {} more", rest.len()),
        [] => "Incident".into(),
    }
}
