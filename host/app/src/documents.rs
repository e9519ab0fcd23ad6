//! Documents that are no plain text, PDF and DOCX: handed to an extractor in the sandbox, the only place where their
//! bytes are looked into.
//!
//! Invariants: the text counts only if the whole call went well; an error tells what to do next and carries no word of
//! the document.

use std::sync::{Arc, Mutex, PoisonError};

use trcaa_model::limits::EXTRACTED_BYTES_MAX;
use trcaa_runtime::{Extractor, Fault, PluginError};

use crate::ingest::document::{Document, DocumentText, Documents};
use crate::{App, AppError};

impl Documents for App {
    fn text(&self, document: Document, bytes: &[u8], shown: &str) -> Result<DocumentText, AppError> {
        read(&self.plugins.extractor(&self.store, format(document))?, document, bytes, shown)
    }
}

/// The bundled extractors alone, for what needs no store.
pub(crate) struct BundledDocuments;

impl Documents for BundledDocuments {
    fn text(&self, document: Document, bytes: &[u8], shown: &str) -> Result<DocumentText, AppError> {
        read(&crate::plugins::bundled_extractor(format(document))?, document, bytes, shown)
    }
}

fn format(document: Document) -> &'static str {
    match document {
        Document::Pdf => "pdf",
        Document::Zip => "docx",
    }
}

fn mime_type(document: Document) -> &'static str {
    match document {
        Document::Pdf => "application/pdf",
        Document::Zip => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
}

fn read(extractor: &Extractor, document: Document, bytes: &[u8], shown: &str) -> Result<DocumentText, AppError> {
    let text = Arc::new(Mutex::new(String::new()));
    let into = Arc::clone(&text);
    let gather = move |piece: &str| into.lock().unwrap_or_else(PoisonError::into_inner).push_str(piece);
    extractor.extract(format(document), bytes, gather).map_err(|error| {
        match extractor.is_bundled() && error.fault.is_limit_of_input() {
            true => too_much(&error, shown),
            false => refusal(document, error, shown),
        }
    })?;
    let text = std::mem::take(&mut *text.lock().unwrap_or_else(PoisonError::into_inner));
    if text.trim().is_empty() {
        return Err(no_text(shown));
    }
    Ok(DocumentText { mime_type: mime_type(document), text })
}

fn no_text(shown: &str) -> AppError {
    AppError::failed("no_text", format!("reading {shown}: it holds no text (a scan?)"))
        .hint("recognise its text first (such as: ocrmypdf IN OUT), or attach its pages as images: trcaa image add")
}

/// A limit that our own extractor reached says something about the document, and nothing about the next one.
fn too_much(error: &PluginError, shown: &str) -> AppError {
    if let Fault::OutputLimit { .. } = error.fault {
        return too_large(shown);
    }
    let what = match error.fault {
        Fault::MemoryLimit { limit_bytes } => format!("{limit_bytes} bytes of memory"),
        Fault::CpuLimit { limit_ms } => format!("{limit_ms} ms of computing"),
        Fault::WallLimit { limit_ms } => format!("{limit_ms} ms"),
        _ => "a document may".to_owned(),
    };
    let problem = format!("reading {shown}: reading this document takes more than {what}, so it was stopped");
    AppError::failed("too_complex", problem)
        .hint("split it, or attach its text instead (PDF: pdftotext FILE -); other documents are read as before")
}

fn too_large(shown: &str) -> AppError {
    AppError::failed(
        "too_large",
        format!("unpacking {shown}: its text has more than {EXTRACTED_BYTES_MAX} bytes, or it unpacks to far more"),
    )
    .hint("split it, or attach the pages about the incident alone")
}

fn refusal(document: Document, error: PluginError, shown: &str) -> AppError {
    let code = match &error.fault {
        Fault::Reported(reported) => reported.code.as_str(),
        Fault::OutputLimit { .. } => "too-large",
        Fault::MemoryLimit { .. } | Fault::CpuLimit { .. } | Fault::WallLimit { .. } => "too-complex",
        _ => "",
    };
    let binary = |what: &str| AppError::failed("binary_file", format!("reading {shown}: it is {what} and no log"));
    match (document, code) {
        (_, "password") => AppError::failed("password_protected", format!("reading {shown}: it is password-protected"))
            .hint("save it without a password first (PDF: qpdf --decrypt --password=… IN OUT)"),
        (_, "no-text") => no_text(shown),
        (_, "too-large") => too_large(shown),
        (_, "too-complex") => AppError::failed("too_complex", format!("reading {shown}: {error}"))
            .hint("split it, or attach its text instead (PDF: pdftotext FILE -)"),
        (Document::Zip, "xlsx") => binary("an Excel workbook").hint("save the sheet as CSV and attach that"),
        (Document::Zip, "pptx") => binary("a PowerPoint presentation").hint("save it as PDF and attach that"),
        (Document::Zip, "zip") => binary("a ZIP archive").hint("unpack it, and attach the logs in it"),
        (Document::Zip, "invalid-input") => binary("a ZIP archive, or a damaged Word document,")
            .hint("unpack it and attach the logs in it; a Word document: open it and save it again"),
        (Document::Pdf, "invalid-input") => {
            AppError::failed("damaged_pdf", format!("reading {shown}: it is a damaged PDF, and no page can be read"))
                .hint("copy it again, or print it to PDF anew from a program that opens it")
        }
        _ => {
            let failed = AppError::from(error);
            AppError { message: format!("reading {shown}: {}", failed.message), ..failed }
        }
    }
}
