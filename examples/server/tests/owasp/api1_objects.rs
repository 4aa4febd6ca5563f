//! API1, object level authorisation: what is Ana's is nothing to Beto, by any route that takes an id.

use super::operation::{NOBODYS, operations};
use super::support::{Ask, Backend, items, on_every_backend};
use super::world::{World, words};

on_every_backend! { what_is_anas_is_to_others_as_if_it_were_not_there }

async fn what_is_anas_is_to_others_as_if_it_were_not_there(backend: Backend) {
    let world = World::on(backend, &[]).await;
    let mut asked = 0;
    for operation in operations(&world.server).await.iter().filter(|operation| operation.has_id()) {
        let (id, name) = (world.id(operation), operation.name());
        let unknown = operation.at(NOBODYS);
        let unknown = words(&world.server.ask(operation.ask(&unknown).bearer(&world.beto)).await);
        assert_eq!(unknown.0, 404, "{name}");
        for id in [id.to_owned(), id.to_uppercase(), id.replace('a', "A"), id.replacen('0', "%30", 1)] {
            let path = operation.at(&id);
            let answer = words(&world.server.ask(operation.ask(&path).bearer(&world.beto)).await);
            assert_eq!(answer, unknown, "{name} tells that {id} is there");
            asked += 1;
        }
        // The path decides, whatever else names somebody.
        let path = format!("{}?owner={id}&user_id={id}&id={id}", operation.at(NOBODYS));
        let forged = operation
            .ask(&path)
            .bearer(&world.beto)
            .header("x-user-id", id)
            .header("x-original-url", &operation.at(id));
        let status = world.server.ask(forged).await.status.as_u16();
        assert!(matches!(status, 400 | 404), "{name}: {status}");
        if operation.method == "GET" {
            let path = operation.at(id);
            assert_eq!(
                world.server.ask(Ask::new("HEAD", &path).bearer(&world.beto)).await.status,
                404,
                "{name}"
            );
        }
    }
    assert!(asked >= 12, "{asked}");
    for list in ["/api/v1/jobs", "/api/v1/customers"] {
        assert!(items(&world.server, &world.beto, list).await.is_empty(), "{list}");
    }
    world.is_unchanged().await;
}
