//! API2, authentication: what is no token, however it looks and wherever it is.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::operation::{Operation, operations};
use super::support::{Ask, Backend, Kind, PASSWORD, connect_events, problem};
use super::world::{World, words};

async fn refused(world: &World, operation: &Operation, name: &str, ask: Ask<'_>) {
    let answer = world.server.ask(ask).await;
    assert_eq!(problem(&answer)["status"], 401, "{}: {name}", operation.name());
    assert_eq!(answer.headers["www-authenticate"], "Bearer", "{}: {name}", operation.name());
}

/// A path of somebody's own.
fn path(world: &World, operation: &Operation) -> String {
    operation.at(if operation.has_id() { world.id(operation) } else { "" })
}

#[tokio::test]
async fn a_token_is_nowhere_but_in_its_header_and_nothing_that_resembles_it() {
    let world = World::new().await;
    let user = json!({"alg": "none", "typ": "JWT"}).to_string();
    let claims = json!({"sub": "ana@example.com", "role": "admin", "exp": 9_999_999_999_u64}).to_string();
    let unsigned = format!("{}.{}.", URL_SAFE_NO_PAD.encode(user), URL_SAFE_NO_PAD.encode(claims));
    let token = world.ana.as_str();
    let touched = format!("{}{}", &token[..42], if token.ends_with('A') { 'E' } else { 'A' });
    let mut asked = 0;
    for operation in operations(&world.server).await.iter().filter(|operation| operation.secured) {
        let path = path(&world, operation);
        let with_query = format!("{path}?access_token={token}&token={token}");
        let ask = || operation.ask(&path);
        for (name, ask) in [
            ("JWT without a signature", ask().bearer(&unsigned)),
            ("its last character another", ask().bearer(&touched)),
            ("twice as long", ask().bearer(&format!("{token}{token}"))),
            ("in capitals", ask().bearer(&token.to_uppercase())),
            ("a list", ask().bearer(&format!("{touched}, Bearer {token}"))),
            ("a comma behind it", ask().bearer(&format!("{token},"))),
            ("nothing", ask().bearer("")),
            ("null", ask().bearer("null")),
            ("an injection", ask().bearer("' or '1'='1' -- aaaaaaaaaaaaaaaaaaaaaaaaaaaa")),
            ("in a cookie", ask().header("cookie", &format!("token={token}; session={token}"))),
            (
                "in a header of another name",
                ask().header("x-auth-token", token).header("x-access-token", token),
            ),
            ("for a proxy", ask().header("proxy-authorization", &format!("Bearer {token}"))),
            ("in the query", operation.ask(&with_query)),
        ] {
            refused(&world, operation, name, ask).await;
            asked += 1;
        }
    }
    assert!(asked >= 13 * 7, "{asked}");
    world.is_unchanged().await;
}

#[tokio::test]
async fn a_token_that_has_expired_opens_nothing() {
    let world = World::on(Backend::new(Kind::Postgres).await, &[]).await;
    let admin = world.backend.postgres.as_ref().unwrap().admin().await;
    let expire = "update sessions set expires_at = now() where user_id = (select id from users where email = 'ana@example.com')";
    assert_eq!(admin.execute(expire, &[]).await.unwrap(), 1);
    for operation in operations(&world.server).await.iter().filter(|operation| operation.secured) {
        let path = path(&world, operation);
        refused(&world, operation, "expired", operation.ask(&path).bearer(&world.ana)).await;
    }
    for header in [
        ("authorization", format!("Bearer {}", world.ana)),
        ("sec-websocket-protocol", format!("bearer, {}", world.ana)),
    ] {
        assert_eq!(connect_events(&world.server, &[header]).await.err(), Some(401));
    }
}

#[tokio::test]
async fn a_login_does_not_tell_who_has_an_account() {
    let world = World::new().await;
    let login = |email: &str| {
        Ask::new("POST", "/api/v1/auth/login")
            .json(&json!({"email": email, "password": "una frase que no es"}))
    };
    let known = world.server.ask(login("ana@example.com")).await;
    let unknown = world.server.ask(login("nadie@example.com")).await;
    assert_eq!(words(&known), words(&unknown));
    let names = |answer: &campotech_testkit::RawResponse| answer.headers.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&known), names(&unknown));
}

#[tokio::test]
async fn a_password_is_taken_whole_and_each_login_has_a_token_of_its_own() {
    let world = World::new().await;
    let login = |password: &str| {
        Ask::new("POST", "/api/v1/auth/login")
            .json(&json!({"email": "beto@example.com", "password": password}))
    };
    for wrong in [
        &PASSWORD[..PASSWORD.len() - 1],
        &PASSWORD.to_uppercase(),
        &format!("{PASSWORD}x"),
        &format!("{PASSWORD}\u{0}"),
    ] {
        let status = world.server.ask(login(wrong)).await.status.as_u16();
        assert!(matches!(status, 401 | 422), "{wrong:?}: {status}");
    }
    let token = world.server.json(login(PASSWORD), 200).await["token"].clone();
    assert_ne!(token, world.beto.as_str());
    for token in [token.as_str().unwrap(), &world.beto] {
        world.server.json(Ask::new("GET", "/api/v1/jobs").bearer(token), 200).await;
    }
}
