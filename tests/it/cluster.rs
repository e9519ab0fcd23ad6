//! A cluster's API server on loopback, as much of one as kubectl needs to list and delete pods.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// Longest request line or header that is read.
const LINE_BYTES_MAX: u64 = 16 << 10;

/// A running server; it ends with the process of the test.
pub(crate) struct Cluster {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || serve(stream, &kept));
            }
        });
        Self { url, seen }
    }

    /// `METHOD PATH` of each request so far: kubectl sends credentials over TLS only.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// A kubeconfig for it with two contexts, each with a token of its own.
    pub(crate) fn kubeconfig(&self) -> String {
        let url = &self.url;
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: shop\n\
             clusters:\n- name: here\n  cluster: {{server: '{url}'}}\n\
             contexts:\n- name: shop\n  context: {{cluster: here, user: reader, namespace: shop}}\n\
             - name: bank\n  context: {{cluster: here, user: teller, namespace: bank}}\n\
             users:\n- name: reader\n  user: {{token: canary-token-reader-4471}}\n\
             - name: teller\n  user: {{token: canary-token-teller-9002}}\n"
        )
    }
}

fn serve(stream: TcpStream, seen: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            match reader.by_ref().take(LINE_BYTES_MAX).read_line(&mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) if line.trim().is_empty() => break,
                Ok(_) => lines.push(line.trim_end().to_owned()),
            }
        }
        let header = |name: &str| {
            let found = lines.iter().find_map(|line| {
                let (key, value) = line.split_once(": ")?;
                key.eq_ignore_ascii_case(name).then(|| value.to_owned())
            });
            found.unwrap_or_default()
        };
        let length: u64 = header("content-length").parse().unwrap_or(0);
        let mut body = Vec::new();
        if reader.by_ref().take(length).read_to_end(&mut body).is_err() {
            return;
        }
        let mut words = lines.first().map(String::as_str).unwrap_or_default().split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let path = target.split('?').next().unwrap_or_default();
        seen.lock().unwrap().push(format!("{method} {path}"));
        let (status, answer) = answer(method, path);
        let answer = answer.to_string();
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", answer.len());
        if reader.get_mut().write_all(format!("{head}{answer}").as_bytes()).is_err() {
            return;
        }
    }
}

fn answer(method: &str, path: &str) -> (&'static str, Value) {
    let meta = |name: &str| json!({"name": name, "namespace": "shop", "uid": "1"});
    match (method, path) {
        ("GET", "/api") => ("200 OK", json!({"kind": "APIVersions", "versions": ["v1"]})),
        ("GET", "/apis") => ("200 OK", json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": []})),
        ("GET", "/api/v1") => (
            "200 OK",
            json!({"kind": "APIResourceList", "groupVersion": "v1", "resources": [{
                "name": "pods", "singularName": "pod", "namespaced": true, "kind": "Pod",
                "verbs": ["get", "list", "delete"], "shortNames": ["po"]}]}),
        ),
        ("GET", path) if path.ends_with("/pods") => (
            "200 OK",
            json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": "1"},
                "columnDefinitions": [
                    {"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0},
                    {"name": "Status", "type": "string", "format": "", "description": "", "priority": 0}],
                "rows": [{"cells": ["web-0", "CrashLoopBackOff"], "object":
                    {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta("web-0")}}]}),
        ),
        ("DELETE", path) if path.ends_with("/pods/web-0") => (
            "200 OK",
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
                "details": {"name": "web-0", "kind": "pods", "uid": "1"}}),
        ),
        _ => (
            "404 Not Found",
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                "reason": "NotFound", "code": 404, "message": format!("there is no {path}")}),
        ),
    }
}
