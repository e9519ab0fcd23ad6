#![allow(clippy::unwrap_used)]
use super::*;

const TWO: &str = "
apiVersion: v1
kind: Config
current-context: prod-admin
clusters:
- name: prod
  cluster: {server: 'https://k8s.example:6443', certificate-authority: ca.pem}
- name: test
  cluster:
    server: https://10.0.0.1
contexts:
- name: prod-admin
  context: {cluster: prod, user: admin, namespace: shop}
- name: test-exec
  context: {cluster: test, user: cloud}
users:
- name: admin
  user:
    client-certificate-data: aGVsbG8=
    client-key: keys/admin.key
    tokenFile: token
- name: cloud
  user:
    exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, args: [eks, get-token]}
";

fn parsed(text: &str) -> KubeconfigFile {
    KubeconfigFile::parse(text.as_bytes()).unwrap()
}

fn problem(text: &str) -> String {
    let chosen = KubeconfigFile::parse(text.as_bytes()).and_then(|mut file| {
        file.choose(None)?;
        file.active().map(|_| ())
    });
    chosen.expect_err("it was taken")
}

#[test]
fn a_context_is_cut_out_with_the_files_that_it_names() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("keys")).unwrap();
    std::fs::write(dir.path().join("ca.pem"), "CA").unwrap();
    std::fs::write(dir.path().join("keys/admin.key"), "KEY").unwrap();
    std::fs::write(dir.path().join("token"), "tok-1\n").unwrap();
    let mut file = parsed(TWO);
    file.choose(None).unwrap();
    assert!(
        parsed(TWO).make_whole(dir.path(), &|path| !path.ends_with("token")).unwrap_err().contains("not for a cluster")
    );
    assert_eq!(file.make_whole(dir.path(), &|_| true).unwrap().len(), 3);
    let active = file.active().unwrap();
    assert_eq!((active.name.as_str(), active.cluster_url.as_deref()), ("prod-admin", Some("https://k8s.example:6443")));
    assert_eq!(active.starts, None);
    let whole: Value = serde_json::from_slice(&active.content).unwrap();
    assert_eq!(
        whole,
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "prod-admin",
            "clusters": [{"name": "prod", "cluster":
                {"server": "https://k8s.example:6443", "certificate-authority-data": "Q0E="}}],
            "contexts": [{"name": "prod-admin", "context": {"cluster": "prod", "user": "admin", "namespace": "shop"}}],
            "users": [{"name": "admin", "user":
                {"client-certificate-data": "aGVsbG8=", "client-key-data": "S0VZ", "token": "tok-1"}}],
        })
    );
    // As it is stored, it reads the same.
    let again = KubeconfigFile::parse(&file.to_bytes()).unwrap();
    assert_eq!(again.active().unwrap().content, active.content);
    assert_eq!(again.contexts(), ["prod-admin", "test-exec"]);
}

#[test]
fn a_context_that_starts_a_program_is_told_apart() {
    let mut file = parsed(TWO);
    file.choose(Some("test-exec")).unwrap();
    let active = file.active().unwrap();
    assert_eq!(active.starts.as_deref(), Some("aws"));
    assert!(!String::from_utf8_lossy(&active.content).contains("aGVsbG8="), "another user's key");
    assert_eq!(file.warnings().len(), 1, "{:?}", file.warnings());
    let open = "http://10.0.0.1\n    proxy-url: http://p\n    insecure-skip-tls-verify: true";
    let mut file = parsed(&TWO.replace("https://10.0.0.1", open));
    file.choose(Some("test-exec")).unwrap();
    assert_eq!(file.warnings().len(), 4, "{:?}", file.warnings());
}

#[test]
fn what_is_wrong_is_told_without_a_value_of_it() {
    let secret = "s3cr3t-value-9";
    for (text, expected) in [
        (String::new(), "mapping"),
        ("- a".into(), "mapping"),
        ("clusters: []\n".into(), "no context"),
        (TWO.replace("kind: Config", "kind: Pod"), "kind"),
        (TWO.replace("name: test-exec", "name: prod-admin"), "twice"),
        (TWO.replace("current-context: prod-admin", "current-context: gone"), "no context"),
        (TWO.replace("current-context: prod-admin", ""), "--context"),
        (TWO.replace("cluster: prod, user: admin", "cluster: gone, user: admin"), "cluster"),
        (TWO.replace("cluster: prod, user: admin", "cluster: prod, user: gone"), "user"),
        (format!("users: [{{name: a, user: {{token: {secret}"), "YAML"),
        (format!("users:\n\t- {secret}: : :\n"), "YAML"),
        ("contexts: 7".into(), "no list"),
        ("contexts: [{context: {}}]".into(), "has no name"),
    ] {
        let told = problem(&text);
        assert!(told.contains(expected), "{told} for {text}");
        assert!(!told.contains(secret), "{told}");
    }
}

#[test]
fn hostile_yaml_is_bounded() {
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for n in 1..12 {
        let inner = format!("*a{}", n - 1);
        bomb.push_str(&format!("a{n}: &a{n} [{}]\n", vec![inner; 10].join(",")));
    }
    assert!(KubeconfigFile::parse(bomb.as_bytes()).is_err());
    assert!(KubeconfigFile::parse("[".repeat(100_000).as_bytes()).is_err());
    assert!(KubeconfigFile::parse(&vec![b' '; FILE_BYTES_MAX + 1]).is_err());
    assert!(KubeconfigFile::parse(b"\xff\xfe").is_err());
}

#[test]
fn a_named_file_that_is_none_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = parsed(TWO);
    assert!(file.make_whole(dir.path(), &|_| true).unwrap_err().contains("certificate-authority of cluster"));
    std::fs::create_dir(dir.path().join("ca.pem")).unwrap();
    assert!(parsed(TWO).make_whole(dir.path(), &|_| true).unwrap_err().contains("no plain file"));
    std::fs::remove_dir(dir.path().join("ca.pem")).unwrap();
    let large = vec![b'x'; usize::try_from(NAMED_FILE_BYTES_MAX).unwrap() + 1];
    std::fs::write(dir.path().join("ca.pem"), large).unwrap();
    assert!(parsed(TWO).make_whole(dir.path(), &|_| true).unwrap_err().contains("more than"));
}
