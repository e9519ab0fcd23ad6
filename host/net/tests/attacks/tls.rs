//! A secure connection, and whom it trusts.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::peer::{Names, Scan, read_request, respond};
use crate::{Setup, get};
use trcaa_net::{NetError, Network};

#[test]
fn a_server_is_trusted_by_the_extra_certificate_for_its_own_name_only() {
    let made = rcgen::generate_simple_self_signed(vec!["wiki.test".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, made.cert.der())
    );
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let mut requests = vec![];
        for _ in 0..3 {
            let (stream, _) = listener.accept().unwrap();
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            if let Ok(request) = read_request(&mut stream) {
                requests.push(request);
                respond(&mut stream, "200 OK", "", "over TLS").unwrap();
            }
        }
        requests
    });

    let attempt = |host: &str, pem: &str| {
        let origin = format!("https://{host}:{port}");
        let setup = Setup { network: Network::new(pem.as_bytes()).unwrap(), ..Setup::typed(&[&origin]) };
        let connection = setup.connect(&Names::loopback());
        connection.send(&get(&origin), &[setup.token()], &Scan, &setup.records)?.read_all()
    };
    for (host, pem) in [("wiki.test", ""), ("other.test", pem.as_str())] {
        let error = attempt(host, pem).unwrap_err();
        assert!(matches!(error, NetError::Unreachable { .. }), "{host}: {error}");
        assert!(error.to_string().contains("certificate"), "{host}: {error}");
    }
    assert_eq!(attempt("wiki.test", &pem).unwrap(), b"over TLS");

    let requests = server.join().unwrap();
    assert_eq!(requests.len(), 1, "nothing was sent to a server that is not trusted");
    assert!(requests[0].contains("authorization: Bearer"));
    assert!(Network::new(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").is_err());
}
