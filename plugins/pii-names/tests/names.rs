//! What is a name and what is none, by what stands there.
#![allow(clippy::unwrap_used, missing_docs)]

use pii_names::{PERSON_NAME, detect, labels};

/// `«…»` marks what is to be found in a text; the rest is to be left alone.
#[track_caller]
fn check(marked: &str) {
    let text: String = marked.chars().filter(|c| !matches!(c, '«' | '»')).collect();
    let mut wanted: Vec<String> = Vec::new();
    for part in marked.split('«').skip(1) {
        wanted.push(part.split('»').next().unwrap().to_owned());
    }
    let spans = detect(&text);
    let found: Vec<&str> = spans.iter().map(|span| &text[span.start..span.end]).collect();
    assert_eq!(found, wanted, "in {text:?}");
    assert!(spans.iter().all(|span| span.label == PERSON_NAME));
}

#[test]
fn given_name_and_surname_are_a_name_anywhere() {
    check("2023-11-14T22:21:44Z ERROR api-3 escalated to «Jessica Roberson» on call");
    check("«Jessica Roberson»");
    check("retry 3 («Jessica Roberson»), then «Colton Hammond»; done");
    check("«JESSICA ROBERSON» 17:04");
    check("«Crystal Cole» and «Mark Riley» and «Misty Chang»");
    check("\\n«Jessica Roberson»\\t«Cody Harris»");
}

#[test]
fn titles_and_suffixes_belong_to_the_name() {
    check("escalated to «Mr. Shawn Huang» on call");
    check("escalated to «Rebecca Clark DDS» on call");
    check("by «Dr. Jessica M. Roberson, Ph.D.», at 10");
    check("«Jean-Luc Dubois Jr.» called");
    check("«Prof. Dr. Matthias Schröder» called");
    check("room of «Frau Schröder» is closed");
    check("«Univ.Prof. Tatjana Flantz B.Eng.» left");
    check("«Sig.ra Ornella Russo» left");
    check("«Dewi Prabowo, S.H.» left");
}

#[test]
fn names_of_many_countries_are_known() {
    for name in [
        "Wojciech Wiśniewski",
        "Žofie Dvořáková",
        "Çağlar Yılmaz",
        "Jürgen Müller",
        "María García Ñíguez",
        "João da Silva",
        "Bjørn Sørensen",
        "Åsa Lindström",
        "Giulia D'Angelo",
        "Sean O’Connor",
        "Jan van der Berg",
        "Ludwig von Hohenstein",
        "Mohammed bin Salman",
        "Priya Venkataraman",
        "Nguyễn Văn Minh",
        "Min-jun Kim",
        "Akira Yamamoto",
        "Xiaoming Zhang",
        "Oluwaseun Adeyemi",
        "Иван Петров",
        "Γιώργος Παπαδόπουλος",
        "Վազգեն Սարգսյան",
    ] {
        check(&format!("assigned to «{name}» today"));
    }
}

#[test]
fn unknown_names_are_told_by_their_place() {
    check("assigned to «Quorvath Zellinbruk» at 10");
    check("reported by «Quorvath Zellinbruk»: disk full");
    check("«Quorvath Zellinbruk» <q@example.org>");
    check("Author: «Quorvath Zellinbruk»");
    check("{\"full_name\":\"«Quorvath Zellinbruk»\"}");
    check("«Dr. Zellinbruk» is not in");
    check("assigned to «Odd Svendsen» and reported by «An Nguyen»");
    check("then Quorvath Zellinbruk came, and Odd Svendsen");
}

#[test]
fn keys_tell_what_their_values_are() {
    check("first_name=«Xaverl» last_name=«Wrzes»");
    check("{\"firstName\": \"«xaverl»\", \"surname\":\"«wrzes»\"}");
    check("<lastname>«Wrzes»</lastname>");
    check("author: \"«ada lovelace»\"");
    check("user=«jessica.roberson» ok");
    check("CN=«Jessica Roberson»,OU=Staff,O=Corp");
    check("name=«Jessica%20Roberson»&id=7");
    check("{\"name\":\"«Jos\\u00e9 Garc\\u00eda»\"}");
    check("first_name: required, last_name: string");
    check("assigned to «王伟» on call");
    check("user=«أحمد» ok");
    check("owner: «ישי ג'בארין»");
    check("message to 一 二 三 四 五 六 七 on call");
}

#[test]
fn other_orders_and_initials() {
    check("«Roberson, Jessica» logged in");
    check("«SMITH, JOHN Q.» logged in");
    check("signed by «J. Roberson» at 10");
    check("signed by «J.R.R. Tolkien» at 10");
    check("asked by «John Q. Public»");
    check("reviewed by «Jessica»");
    check("Hi «Jessica», the disk is full");
}

#[test]
fn words_that_are_names_too_need_more() {
    for text in [
        "Mark Complete; Page Fault; Max Retries; Will Retry; Grace Period; Chase Sequence",
        "Case Closed, Long Root, Port Forward, Lock Timeout, Park Thread, Young Generation",
        "Mon Tue Wed Jan Feb Mar April May June Sun Sat",
        "from Kafka Streams to Elastic Search with Apache Cassandra by Cloud Watch",
        "assigned to Network Operations; escalated to Tier Two Support",
        "San Francisco, Sao Paulo, Santa Clara, N. Virginia, New York, Sandy Bridge",
        "Jordan Release, Paris Region, Austin Datacenter, Georgia Power",
        "CN=DigiCert Global Root G2,OU=www.digicert.com,O=DigiCert Inc",
        "author: Platform Engineering owner: Data Science name: Build and Test",
        "SELECT NAME FROM CASE WHERE MARK = 'GRANT' ORDER BY DATE",
        "Caused by: org.hibernate.exception.ConstraintViolationException",
        "kubelet: Container Runtime Network Not Ready: Calico Felix",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)",
        "user cyrus by (uid=0), user root, user admin, user=postgres",
        "org.apache.commons.lang host=alex.internal file=martin.rs lib/jordan.json",
        "assert!(set.contains('木'))",
        "FooBar JohnSmith Jessica_Roberson Jessica2 xJessica Roberson9",
    ] {
        check(text);
    }
}

#[test]
fn a_possessive_ends_a_name() {
    check("«Jessica Roberson»'s laptop");
    check("«Ted Ts'o» wrote it");
}

#[test]
fn spans_are_offsets_of_bytes() {
    let text = "größe 5 µs – “Zoë Strauß” rief an";
    let spans = detect(text);
    assert_eq!(&text[spans[0].start..spans[0].end], "Zoë Strauß");
}

#[test]
fn the_label_is_declared() {
    assert_eq!(labels().len(), 1);
    let example = labels()[0].example;
    check(&format!("«{example}»"));
}
