//! The pages: what is served where, with which headers, and how it is kept.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use switchboard::engine::User;

use crate::support::server::Server;

/// A folder of pages such as the applications' builds leave behind.
fn built() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let script = format!("export const lines = [{}];\n", "\"a line of a script\", ".repeat(200));
    for (path, text) in [
        ("demo/index.html", "<!doctype html><title>shop</title><script src=\"./widget.js\"></script>"),
        ("demo/assets/shop-B1cD_e-9.css", "body { margin: 0 }"),
        ("demo/favicon.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        ("console/index.html", "<!doctype html><title>console</title><script src=\"./assets/c-12345678.js\"></script>"),
        ("console/assets/c-12345678.js", &script),
        ("admin/index.html", "<!doctype html><title>admin</title>"),
        ("widget/index.html", "<!doctype html><title>widget</title>"),
        ("widget/widget.js", &script),
        ("widget/panel-AbCdEfG1.js", &script),
        ("console/.secret", "not served"),
    ] {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

async fn server(folder: &tempfile::TempDir) -> Server {
    let folder = folder.path().to_str().unwrap().to_owned();
    Server::with(move |config| config.pages.folder = Some(folder)).await
}

struct Page {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Page {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

async fn ask(server: &Server, method: &str, path: &str, headers: &[(&str, &str)]) -> Page {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let mut request = client.request(method, format!("http://{}{path}", server.address));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Page { status, headers, body: response.bytes().await.unwrap().to_vec() }
}

async fn get(server: &Server, path: &str) -> Page {
    ask(server, "GET", path, &[]).await
}

#[actix_web::test]
async fn each_page_is_where_it_belongs_with_its_type() {
    let folder = built();
    let server = server(&folder).await;
    for (path, kind, part) in [
        ("/", "text/html; charset=utf-8", "shop"),
        ("/assets/shop-B1cD_e-9.css", "text/css; charset=utf-8", "margin"),
        ("/favicon.svg", "image/svg+xml", "svg"),
        ("/console/", "text/html; charset=utf-8", "console"),
        ("/console/assets/c-12345678.js", "text/javascript; charset=utf-8", "lines"),
        ("/admin/", "text/html; charset=utf-8", "admin"),
        ("/admin/agents/ann", "text/html; charset=utf-8", "admin"),
        ("/widget.js", "text/javascript; charset=utf-8", "lines"),
        ("/widget/panel-AbCdEfG1.js", "text/javascript; charset=utf-8", "lines"),
        ("/widget/", "text/html; charset=utf-8", "widget"),
        ("/widget/chat?chatbot=shop", "text/html; charset=utf-8", "widget"),
    ] {
        let page = get(&server, path).await;
        assert_eq!((page.status, page.header("content-type")), (200, kind), "{path}");
        assert!(page.text().contains(part), "{path}");
        let head = ask(&server, "HEAD", path, &[]).await;
        assert_eq!((head.status, head.header("content-type"), head.body.len()), (200, kind, 0), "HEAD {path}");
        assert_eq!(head.header("content-length"), page.body.len().to_string(), "HEAD {path}");
        assert_eq!(head.header("etag"), page.header("etag"), "HEAD {path}");
    }
    server.stop().await;
}

#[actix_web::test]
async fn what_is_not_there_is_an_honest_404() {
    let folder = built();
    let server = server(&folder).await;
    for path in [
        "/console/assets/gone-12345678.js",
        "/console/.secret",
        "/console/..%2fadmin%2findex.html",
        "/console/index.html%231",
        "/widget/nothing",
        "/favicon.ico",
        "/console/a/b/c/d/e/f/g/h/i",
    ] {
        let page = get(&server, path).await;
        assert_eq!(page.status, 404, "{path}: {}", page.text());
        let answer: Value = serde_json::from_slice(&page.body).unwrap();
        assert_eq!(answer["error"]["code"], "not_found", "{path}");
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_page_without_its_slash_leads_to_the_one_with_it() {
    let folder = built();
    let server = server(&folder).await;
    for (path, to) in [("/console", "console/"), ("/admin?a=b", "admin/?a=b"), ("/widget", "widget/")] {
        let page = get(&server, path).await;
        assert_eq!((page.status, page.header("location")), (308, to), "{path}");
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_deep_link_into_an_application_is_its_page_with_addresses_that_fit() {
    let folder = built();
    let server = server(&folder).await;
    for (path, script) in [
        ("/console/", "\"./assets/c-12345678.js\""),
        ("/console/queue", "\"./assets/c-12345678.js\""),
        ("/console/conversations/7", "\"../assets/c-12345678.js\""),
        ("/console/a/b/", "\"../../assets/c-12345678.js\""),
    ] {
        let page = get(&server, path).await;
        assert!(page.status == 200 && page.text().contains(script), "{path}: {}", page.text());
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_page_may_do_only_what_its_policy_says() {
    let folder = built();
    let server = server(&folder).await;
    for path in ["/", "/console/", "/console/conversations/7", "/admin/"] {
        let page = get(&server, path).await;
        let host = &server.address;
        assert_eq!(
            page.header("content-security-policy"),
            format!(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                 media-src 'self'; worker-src 'self'; manifest-src 'self'; connect-src 'self' ws://{host} wss://{host}; \
                 base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
            )
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("access-control-allow-origin", ""),
        ] {
            assert_eq!(page.header(name), value, "{path}: {name}");
        }
        assert!(page.header("permissions-policy").contains("camera=()"));
    }
    let odd = ask(&server, "GET", "/", &[("host", "a\"b;c")]).await;
    assert!(!odd.header("content-security-policy").contains("a\""), "{}", odd.header("content-security-policy"));
    server.stop().await;
}

#[actix_web::test]
async fn other_sites_may_load_the_widget_and_frame_it_when_the_chatbot_allows_them() {
    let folder = built();
    let server = server(&folder).await;
    let boss = server.token(&User::admin("boss", "Boss")).await;
    let odd = json!({ "name": "Shop", "allowedOrigins": ["https://shop.example", "https://x;script-src"] });
    assert_eq!(server.call("put", "/api/v1/chatbots/shop", Some(&boss), odd).await.0, 400);
    let body = json!({ "name": "Shop", "allowedOrigins": ["https://shop.example"] });
    assert_eq!(server.call("put", "/api/v1/chatbots/shop", Some(&boss), body).await.0, 200);
    for path in ["/widget.js", "/widget/panel-AbCdEfG1.js"] {
        let page = ask(&server, "GET", path, &[("origin", "https://unknown.example")]).await;
        assert_eq!(page.header("cross-origin-resource-policy"), "cross-origin", "{path}");
        assert_eq!(page.header("access-control-allow-origin"), "*", "{path}");
    }
    for (path, ancestors) in [
        ("/widget/", "frame-ancestors 'self'"),
        ("/widget/?chatbot=shop", "frame-ancestors 'self' https://shop.example"),
        ("/widget/chat?chatbot=shop", "frame-ancestors 'self' https://shop.example"),
        ("/widget/?chatbot=unknown", "frame-ancestors 'self'"),
    ] {
        let page = get(&server, path).await;
        assert!(page.header("content-security-policy").ends_with(ancestors), "{path}");
    }
    server.stop().await;
}

#[actix_web::test]
async fn files_are_kept_as_long_as_their_names_allow() {
    let folder = built();
    let server = server(&folder).await;
    for (path, kept) in [
        ("/", "no-cache"),
        ("/console/", "no-cache"),
        ("/console/assets/c-12345678.js", "public, max-age=31536000, immutable"),
        ("/widget.js", "public, max-age=300"),
        ("/widget/panel-AbCdEfG1.js", "public, max-age=31536000, immutable"),
    ] {
        let page = get(&server, path).await;
        assert_eq!(page.header("cache-control"), kept, "{path}");
        let tag = page.header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.len() == 34, "{tag}");
        for given in [tag.clone(), format!("\"other\", {tag}"), format!("W/{tag}"), "*".to_owned()] {
            let again = ask(&server, "GET", path, &[("if-none-match", &given)]).await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{path} {given}");
            assert_eq!((again.header("etag"), again.header("cache-control")), (tag.as_str(), kept));
        }
        assert_eq!(ask(&server, "GET", path, &[("if-none-match", "\"other\"")]).await.status, 200);
    }
    server.stop().await;
}

#[actix_web::test]
async fn files_are_packed_as_the_browser_likes_best_and_small_ones_are_not() {
    let folder = built();
    let server = server(&folder).await;
    let plain = get(&server, "/widget.js").await;
    let mut tags = vec![plain.header("etag").to_owned()];
    for (accepted, wanted) in [("gzip, deflate, br", "br"), ("gzip, br;q=0", "gzip")] {
        // The second time it has been packed already.
        for _ in 0..2 {
            let page = ask(&server, "GET", "/widget.js", &[("accept-encoding", accepted)]).await;
            assert_eq!((page.header("content-encoding"), page.header("vary")), (wanted, "accept-encoding"));
            assert!(page.body.len() < plain.body.len() / 10, "{}", page.body.len());
            tags.push(page.header("etag").to_owned());
        }
    }
    tags.dedup();
    assert_eq!(tags.len(), 3, "{tags:?}");
    let small = ask(&server, "GET", "/favicon.svg", &[("accept-encoding", "br")]).await;
    assert_eq!((small.header("content-encoding"), small.header("vary")), ("", ""));
    server.stop().await;
}

#[actix_web::test]
async fn pages_can_be_switched_off_and_the_rest_stays() {
    let server = Server::with(|config| config.pages.enabled = false).await;
    for path in ["/", "/console", "/console/", "/admin/", "/widget.js", "/widget/"] {
        assert_eq!(get(&server, path).await.status, 404, "{path}");
    }
    assert_eq!(get(&server, "/health/live").await.status, 200);
    server.stop().await;
}

#[actix_web::test]
async fn under_a_hosts_scope_the_pages_work_with_relative_addresses() {
    let folder = built();
    let server = server(&folder).await;
    let engine = server.engine.clone();
    let app = actix_web::test::init_service(
        actix_web::App::new().service(actix_web::web::scope("/help").configure(move |config| engine.configure(config))),
    )
    .await;
    for (path, status, part) in [
        ("/help/", 200, "shop"),
        ("/help/console/", 200, "\"./assets/c-12345678.js\""),
        ("/help/console/conversations/7", 200, "\"../assets/c-12345678.js\""),
        ("/help/assets/shop-B1cD_e-9.css", 200, "margin"),
        ("/help/widget.js", 200, "lines"),
        ("/help/console", 308, ""),
    ] {
        let request = actix_web::test::TestRequest::get().uri(path).to_request();
        let response = actix_web::test::call_service(&app, request).await;
        assert_eq!(response.status().as_u16(), status, "{path}");
        let location = response.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        assert_eq!(location.as_deref(), (status == 308).then_some("console/"));
        let body = actix_web::test::read_body(response).await;
        assert!(std::str::from_utf8(&body).unwrap().contains(part), "{path}");
    }
    server.stop().await;
}
