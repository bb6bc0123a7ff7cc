// Who answers what, and who may ask: the whole way of a request behind its connection, with real
// accounts in memory.

#include "http/router.h"

#include "base/text.h"
#include "http/accounts/access.h"
#include "http/json_body.h"
#include "http/openapi.h"
#include "http/resources/resources.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <tuple>

namespace martlet::http {
namespace {

Now test_now{Milliseconds(1'000'000), Milliseconds(1'700'000'000'000)};

Now now_of_test() {
    return test_now;
}

Response say_which(Services&, const Request& request) {
    std::string text;
    for (const auto& [name, value] : request.parameters) text += name + "=" + value + ";";
    return Response::json(text);
}

constexpr std::string_view kPassword = "correct horse";

class Routed : public testing::Test {
  protected:
    Routed() {
        test_now = {Milliseconds(1'000'000), Milliseconds(1'700'000'000'000)};
        auto opened = Access::open({}, now_of_test);
        CHECK(opened.ok());
        access_ = std::move(opened).value();
        services_.access = access_.get();
        secret_ = access_->begin_setup();
        for (std::span<const Route> some : {account_routes(), log_in_routes(), openapi_routes(),
                                            status_page_routes(), token_routes()})
            routes_.insert(routes_.end(), some.begin(), some.end());
        for (auto [method, pattern, role] :
             std::initializer_list<std::tuple<Method, std::string_view, Role>>{
                 {Method::Get, "/t/{a}/x", Role::Nobody},
                 {Method::Get, "/t/fixed/x", Role::Nobody},
                 {Method::Get, "/t/{rest...}", Role::Nobody},
                 {Method::Get, "/view", Role::Viewer},
                 {Method::Post, "/view", Role::Operator}}) {
            Route route{method, pattern, role, "a test", say_which};
            routes_.push_back(route);
        }
        router_ = std::make_unique<Router>(routes_);
    }

    Response ask(Method method, std::string path, std::string body = {}, Fields headers = {}) {
        Request request;
        request.method = method;
        request.path = std::move(path);
        request.body = std::move(body);
        request.headers = std::move(headers);
        request.peer = peer_;
        return router_->answer(services_, request);
    }
    // Makes the admin, and remembers its cookie and CSRF token.
    void set_up() {
        take_log_in(ask(
            Method::Post, "/api/v1/setup",
            fmt::format(R"({{"token":"{}","name":"ann","password":"{}"}})", secret_, kPassword)));
    }
    void take_log_in(const Response& response) {
        ASSERT_EQ(response.status, 200) << response.body;
        ASSERT_FALSE(response.headers.empty());
        set_cookie_ = response.headers.at(0).second;
        cookie_ = {"cookie", "x=y; " + set_cookie_.substr(0, set_cookie_.find(';'))};
        csrf_ = {"x-csrf-token", text_of(response, "csrf_token")};
    }
    Response log_in(std::string_view name, std::string_view password) {
        return ask(Method::Post, "/api/v1/login",
                   fmt::format(R"({{"name":"{}","password":"{}"}})", name, password));
    }
    static std::string text_of(const Response& response, std::string_view name) {
        auto json = read_json_object(response.body);
        return json ? std::string(json.value().text_of(name).value_or("")) : std::string();
    }
    int status(Method method, std::string path, Fields headers = {}, std::string body = {}) {
        return ask(method, std::move(path), std::move(body), std::move(headers)).status;
    }

    std::unique_ptr<Access> access_;
    Services services_;
    std::vector<Route> routes_;
    std::unique_ptr<Router> router_;
    std::string peer_ = "192.0.2.1:5000";
    std::string secret_, set_cookie_;
    std::pair<std::string, std::string> cookie_, csrf_;
};

TEST_F(Routed, PrettySetsEveryJsonAnswerOnLines) {
    auto pretty = [&](std::string path, std::string value) {
        Request request;
        request.path = std::move(path);
        request.query = {{"pretty", std::move(value)}};
        request.peer = peer_;
        return router_->answer(services_, request);
    };
    EXPECT_EQ(pretty("/api/v1/setup", "").body, "{\n  \"is_needed\": true\n}");
    EXPECT_EQ(pretty("/api/v1/setup", "true").body, "{\n  \"is_needed\": true\n}");
    EXPECT_EQ(pretty("/api/v1/setup", "false").body, "{\"is_needed\":true}");
    EXPECT_EQ(pretty("/api/v1/setup", "maybe").status, 400);
    EXPECT_TRUE(pretty("/none", "").body.starts_with("{\n  \"error\": {\n    \"status\": 404,\n"));
    EXPECT_TRUE(pretty("/view", "").body.starts_with("{\n  \"error\": {\n    \"status\": 401,\n"));
    EXPECT_TRUE(pretty("/status.css", "").body.starts_with(":root {\n  color-scheme"));
}

// Programs get JSON, and so does everybody below /api.
TEST_F(Routed, APersonReadsErrorsAsAPage) {
    Fields browser = {{"accept", "text/html,application/xhtml+xml"}, {"host", "h<b>&"}};
    Response page = ask(Method::Get, "/nothing", "", browser);
    EXPECT_EQ(page.status, 404);
    EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
    EXPECT_NE(page.body.find("Error 404: there is nothing here"), std::string::npos) << page.body;
    EXPECT_TRUE(ask(Method::Get, "/api/v1/nothing", "", browser).is_json());
    EXPECT_TRUE(ask(Method::Get, "/nothing").is_json());
    Request request;
    request.path = "/api/v1/me";
    request.headers = browser;
    request.is_local = true;
    page = router_->answer(services_, request);
    EXPECT_EQ(page.status, 421);
    EXPECT_NE(page.body.find("h&lt;b>&amp; here: the line 'http_host NAME'"), std::string::npos)
        << page.body;
}

TEST_F(Routed, TheClosestPatternAnswers) {
    EXPECT_EQ(ask(Method::Get, "/t/fixed/x").body, "");
    EXPECT_EQ(ask(Method::Get, "/t/other/x").body, "a=other;");
    EXPECT_EQ(ask(Method::Get, "/t/other/y/z").body, "rest=other/y/z;");
    EXPECT_EQ(ask(Method::Get, "/t/one").body, "rest=one;");
    EXPECT_EQ(status(Method::Get, "/t"), 404);
    EXPECT_EQ(status(Method::Get, "/t/"), 404);
    EXPECT_EQ(status(Method::Get, "/nothing"), 404);
    Request request;
    request.path = "/t/a/b/x";
    request.segments = {"t", "a/b", "x"};  // %2F
    EXPECT_EQ(router_->answer(services_, request).body, "a=a/b;");
}

TEST_F(Routed, OtherMethods) {
    Response response = ask(Method::Put, "/view");
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(response.headers, (Fields{{"Allow", "GET, HEAD, POST, OPTIONS"}}));
    response = ask(Method::Options, "/view");
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(response.headers, (Fields{{"Allow", "GET, HEAD, POST, OPTIONS"}}));
    EXPECT_EQ(status(Method::Options, "/nothing"), 404);
    EXPECT_EQ(status(Method::Head, "/t/one"), 200);
    for (const auto& [name, value] : response.headers)
        EXPECT_FALSE(name.starts_with("Access-Control")) << "other sites read nothing";
}

TEST_F(Routed, WithoutALogInOnlyWhatIsPublic) {
    const std::set<std::string_view> kPublic = {"/",
                                                "/setup",
                                                "/status.js",
                                                "/status.css",
                                                "/favicon.svg",
                                                "/healthz",
                                                "/api/v1/openapi.json",
                                                "/api/v1/setup",
                                                "/api/v1/login"};
    for (const Route& route : routes()) {
        // What says for itself whether it is public.
        if (route.pattern == "/metrics") continue;
        EXPECT_EQ(route.role == Role::Nobody, kPublic.contains(route.pattern)) << route.pattern;
        bool is_change = route.method != Method::Get;
        if (is_change) {
            EXPECT_TRUE(route.role != Role::Nobody || kPublic.contains(route.pattern));
        }
    }
    Response response = ask(Method::Get, "/view");
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(response.headers.at(0).first, "WWW-Authenticate");
    EXPECT_EQ(status(Method::Get, "/view", {{"cookie", "martlet_session=" + secret_}}), 401);
    EXPECT_EQ(status(Method::Get, "/view", {{"authorization", "Bearer " + secret_}}), 401);
    // A wrong token is told even where none is needed.
    EXPECT_EQ(status(Method::Get, "/healthz", {{"authorization", "Bearer x"}}), 401);
}

// What each role may do beyond reading: whoever adds a route says here whose it is.
TEST_F(Routed, ChangesAndSecretsAreOfTheirRoles) {
    const std::map<std::string, Role> kRoles = {
        {"POST /api/v1/login", Role::Nobody},
        {"POST /api/v1/setup", Role::Nobody},
        {"POST /api/v1/logout", Role::Viewer},
        {"POST /api/v1/me/password", Role::Viewer},
        {"DELETE /api/v1/clients/{client}", Role::Operator},
        {"GET /api/v1/clients/{client}/queue", Role::Operator},
        {"DELETE /api/v1/retained", Role::Operator},
        {"POST /api/v1/events/{event}/acknowledge", Role::Operator},
        {"POST /api/v1/publish", Role::Operator},
        {"POST /api/v1/bridges/{bridge}/pause", Role::Operator},
        {"POST /api/v1/bridges/{bridge}/resume", Role::Operator},
        {"POST /api/v1/bridges/{bridge}/reconnect", Role::Operator},
        {"DELETE /api/v1/sources/{source}", Role::Admin},
        {"GET /api/v1/accounts", Role::Admin},
        {"POST /api/v1/accounts", Role::Admin},
        {"PATCH /api/v1/accounts/{name}", Role::Admin},
        {"DELETE /api/v1/accounts/{name}", Role::Admin},
        {"GET /api/v1/config", Role::Admin},
        {"GET /api/v1/refusals", Role::Operator},
        {"GET /api/v1/telemetry/rules", Role::Admin},
        {"PUT /api/v1/telemetry/rules", Role::Admin},
        {"DELETE /api/v1/telemetry/rules", Role::Admin},
        {"GET /api/v1/telemetry/options", Role::Admin},
        {"PUT /api/v1/telemetry/options", Role::Admin},
        {"DELETE /api/v1/telemetry/options", Role::Admin},
        {"GET /api/v1/telemetry/units", Role::Admin},
        {"PUT /api/v1/telemetry/units", Role::Admin},
        {"DELETE /api/v1/telemetry/units", Role::Admin},
        {"GET /api/v1/telemetry/thresholds", Role::Admin},
        {"PUT /api/v1/telemetry/thresholds", Role::Admin},
        {"DELETE /api/v1/telemetry/thresholds", Role::Admin},
        {"GET /api/v1/telemetry/maps", Role::Admin},
        {"GET /api/v1/telemetry/maps/{name}", Role::Admin},
        {"PUT /api/v1/telemetry/maps/{name}", Role::Admin},
        {"DELETE /api/v1/telemetry/maps/{name}", Role::Admin},
        {"GET /api/v1/tokens", Role::Admin},
        {"POST /api/v1/tokens", Role::Admin},
        {"DELETE /api/v1/tokens/{id}", Role::Admin},
    };
    std::size_t found = 0;
    for (const Route& route : routes()) {
        auto expected = kRoles.find(fmt::format("{} {}", name_of(route.method), route.pattern));
        bool is_told = expected != kRoles.end();
        found += is_told;
        EXPECT_TRUE(is_told || route.method == Method::Get) << route.pattern;
        EXPECT_EQ(route.role, is_told ? expected->second : std::min(route.role, Role::Viewer))
            << route.pattern;
    }
    EXPECT_EQ(found, kRoles.size());
}

// Each route that there is, asked by each role: no handler is reached below its own.
TEST_F(Routed, EveryRouteTurnsTheRolesBelowAway) {
    set_up();
    auto add = [&](std::string_view name, std::string_view role) {
        ask(Method::Post, "/api/v1/accounts",
            fmt::format(R"({{"name":"{}","role":"{}","password":"{}"}})", name, role, kPassword),
            {cookie_, csrf_});
    };
    add("viewer", "viewer");
    add("operator", "operator");
    struct Asker {
        Role role;
        Fields headers;
    };
    std::vector<Asker> askers = {{Role::Nobody, {}}, {Role::Admin, {cookie_, csrf_}}};
    take_log_in(log_in("viewer", kPassword));
    askers.push_back({Role::Viewer, {cookie_, csrf_}});
    take_log_in(log_in("operator", kPassword));
    askers.push_back({Role::Operator, {cookie_, csrf_}});
    std::vector<Route> all(routes().begin(), routes().end());
    for (Route& route : all) route.handle = say_which;
    Router router(all);
    for (const Route& route : all) {
        for (const Asker& asker : askers) {
            Request request;
            request.method = route.method;
            request.path = route.pattern;
            request.headers = asker.headers;
            request.peer = peer_;
            int expected = asker.role >= route.role ? 200 : asker.role == Role::Nobody ? 401 : 403;
            EXPECT_EQ(router.answer(services_, request).status, expected)
                << name_of(route.method) << " " << route.pattern << " " << name_of(asker.role);
        }
    }
}

TEST_F(Routed, TheFirstAccountIsMadeOnce) {
    EXPECT_EQ(ask(Method::Get, "/api/v1/setup").body, R"({"is_needed":true})");
    auto body = [](std::string_view secret, std::string_view name, std::string_view password) {
        return fmt::format(R"({{"token":"{}","name":"{}","password":"{}"}})", secret, name,
                           password);
    };
    EXPECT_EQ(status(Method::Post, "/api/v1/setup", {}, body("", "ann", kPassword)), 403);
    EXPECT_EQ(status(Method::Post, "/api/v1/setup", {}, body("0000", "ann", kPassword)), 403);
    EXPECT_EQ(status(Method::Post, "/api/v1/setup", {}, body(secret_, "ann", "short")), 400);
    EXPECT_EQ(status(Method::Post, "/api/v1/setup", {}, body(secret_, "a b", kPassword)), 400);
    EXPECT_EQ(status(Method::Post, "/api/v1/setup", {}, "{"), 400);
    set_up();
    EXPECT_EQ(access_->accounts().role_of("ann"), Role::Admin);
    EXPECT_EQ(status(Method::Post, "/api/v1/setup", {}, body(secret_, "bob", kPassword)), 403);
    EXPECT_EQ(ask(Method::Get, "/api/v1/setup").body, R"({"is_needed":false})");
    EXPECT_EQ(access_->begin_setup(), "");
}

TEST_F(Routed, ALogInSession) {
    set_up();
    EXPECT_NE(set_cookie_.find("; HttpOnly; SameSite=Strict"), std::string::npos);
    EXPECT_EQ(set_cookie_.find("Secure"), std::string::npos);
    Response me = ask(Method::Get, "/api/v1/me", {}, {cookie_});
    EXPECT_EQ(text_of(me, "account"), "ann");
    EXPECT_EQ(text_of(me, "role"), "admin");
    EXPECT_EQ(text_of(me, "csrf_token"), csrf_.second);
    EXPECT_EQ(status(Method::Post, "/api/v1/logout", {cookie_, csrf_}), 204);
    EXPECT_EQ(status(Method::Get, "/api/v1/me", {cookie_}), 401);
    take_log_in(log_in("ann", kPassword));
    test_now.wall += Milliseconds(12 * 3600 * 1000 - 1);
    EXPECT_EQ(status(Method::Get, "/api/v1/me", {cookie_}), 200);
    test_now.wall += Milliseconds(1);
    EXPECT_EQ(status(Method::Get, "/api/v1/me", {cookie_}), 401);
}

TEST_F(Routed, ChangesByCookieNeedTheCsrfToken) {
    set_up();
    EXPECT_EQ(status(Method::Post, "/view", {cookie_}), 403);
    EXPECT_EQ(status(Method::Post, "/view", {cookie_, {"x-csrf-token", ""}}), 403);
    EXPECT_EQ(status(Method::Post, "/view", {cookie_, {"x-csrf-token", secret_}}), 403);
    EXPECT_EQ(status(Method::Post, "/view", {cookie_, csrf_}), 200);
    EXPECT_EQ(status(Method::Get, "/view", {cookie_}), 200);
    // Of another session of the same account.
    auto first = csrf_;
    take_log_in(log_in("ann", kPassword));
    EXPECT_EQ(status(Method::Post, "/view", {cookie_, first}), 403);
}

TEST_F(Routed, OtherSitesPagesChangeNothing) {
    std::string body = R"({"name":"ann","password":"wrong password"})";
    auto by = [&](std::string origin) {
        return status(Method::Post, "/api/v1/login", {{"host", "broker:8080"}, {"origin", origin}},
                      body);
    };
    EXPECT_EQ(by("http://evil.example"), 403);
    EXPECT_EQ(by("http://broker:8081"), 403);
    EXPECT_EQ(by("http://broker:8080.evil.example"), 403);
    EXPECT_EQ(by("null"), 403);
    EXPECT_EQ(by("http://BROKER:8080"), 401);
    EXPECT_EQ(by("https://broker:8080"), 401);
}

TEST_F(Routed, NamesThatWereMadeToPointHere) {
    auto by = [&](std::string host, bool is_local, bool is_unix_socket = false) {
        Request request;
        request.path = "/healthz";
        request.headers = {{"host", std::move(host)}};
        request.is_local = is_local;
        request.is_unix_socket = is_unix_socket;
        return router_->answer(services_, request).status;
    };
    for (const char* host : {"localhost", "LOCALHOST:8080", "127.0.0.1", "127.1.2.3:80", "[::1]",
                             "[::1]:8080", "a.localhost"})
        EXPECT_EQ(by(host, true), 200) << host;
    for (const char* host : {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "",
                             "[::2]", "10.0.0.1", "[::1", "0.0.0.0"})
        EXPECT_EQ(by(host, true), 421) << host;
    EXPECT_EQ(by("broker.lan", false), 200);
    EXPECT_EQ(by("broker.lan", true, true), 200);
    services_.options.hosts = {"Broker.lan"};
    EXPECT_EQ(by("broker.LAN:443", true), 200);
}

TEST_F(Routed, Tokens) {
    set_up();
    auto make = [&](std::string body) {
        return ask(Method::Post, "/api/v1/tokens", std::move(body), {cookie_, csrf_});
    };
    for (std::string_view body :
         {"{}", R"({"name":"","role":"viewer"})", R"({"name":"n","role":"nobody"})",
          R"({"name":"n","role":"viewer","lifetime_s":0})",
          R"({"name":"n","role":"viewer","lifetime_s":"1"})",
          R"({"name":"n","role":"viewer","lifetime_s":9223372036854775807})", "[]", "", "nonsense"})
        EXPECT_EQ(make(std::string(body)).status, 400) << body;
    Response made = make(R"({"name":"grafana","role":"viewer","lifetime_s":60})");
    ASSERT_EQ(made.status, 201);
    std::string secret = text_of(made, "token");
    EXPECT_EQ(secret.size(), 64u);
    auto bearer = std::pair<std::string, std::string>{"authorization", "bearer " + secret};
    EXPECT_EQ(status(Method::Get, "/view", {bearer}), 200);
    EXPECT_EQ(status(Method::Post, "/view", {bearer}), 403) << "a viewer";
    Response list = ask(Method::Get, "/api/v1/tokens", {}, {cookie_});
    EXPECT_EQ(list.body.find(secret), std::string::npos);
    EXPECT_EQ(access_->accounts().tokens().at(0).fingerprint.find(secret), std::string::npos);
    test_now.wall += Milliseconds(60'000);
    EXPECT_EQ(status(Method::Get, "/view", {bearer}), 401);
    std::string id = text_of(made, "id");
    EXPECT_EQ(status(Method::Delete, "/api/v1/tokens/" + id, {cookie_, csrf_}), 204);
    EXPECT_EQ(status(Method::Delete, "/api/v1/tokens/" + id, {cookie_, csrf_}), 404);
}

TEST_F(Routed, ATokenMayChangeWithoutACsrfToken) {
    set_up();
    Response made = ask(Method::Post, "/api/v1/tokens", R"({"name":"script","role":"operator"})",
                        {cookie_, csrf_});
    EXPECT_EQ(
        status(Method::Post, "/view", {{"authorization", "Bearer " + text_of(made, "token")}}),
        200);
    EXPECT_EQ(status(Method::Get, "/api/v1/accounts",
                     {{"authorization", "Bearer " + text_of(made, "token")}}),
              403);
}

TEST_F(Routed, Accounts) {
    set_up();
    auto change = [&](Method method, std::string path, std::string body) {
        return ask(method, std::move(path), std::move(body), {cookie_, csrf_}).status;
    };
    const std::string kAll = "/api/v1/accounts";
    std::string bob = R"({"name":"bob","role":"viewer","password":"bob's password"})";
    EXPECT_EQ(change(Method::Post, kAll, bob), 201);
    EXPECT_EQ(change(Method::Post, kAll, bob), 409);
    EXPECT_EQ(change(Method::Post, kAll, R"({"name":"eve","role":"viewer","password":"x"})"), 400);
    EXPECT_EQ(change(Method::Post, kAll, R"({"name":"eve","role":"god","password":"0123456789"})"),
              400);
    EXPECT_EQ(change(Method::Patch, kAll + "/bob", R"({"role":"operator"})"), 200);
    EXPECT_EQ(access_->accounts().role_of("bob"), Role::Operator);
    EXPECT_EQ(change(Method::Patch, kAll + "/bob", "{}"), 400);
    EXPECT_EQ(change(Method::Patch, kAll + "/eve", R"({"role":"viewer"})"), 404);
    // Somebody must remain who can undo it.
    EXPECT_EQ(change(Method::Patch, kAll + "/ann", R"({"role":"viewer"})"), 409);
    EXPECT_EQ(change(Method::Delete, kAll + "/ann", ""), 409);
    EXPECT_EQ(access_->accounts().role_of("ann"), Role::Admin);
    EXPECT_EQ(change(Method::Delete, kAll + "/bob", ""), 204);
    EXPECT_EQ(change(Method::Delete, kAll + "/bob", ""), 404);
    std::string list = ask(Method::Get, kAll, {}, {cookie_}).body;
    EXPECT_EQ(list, R"({"accounts":[{"name":"ann","role":"admin"}]})");
}

TEST_F(Routed, WhatChangesOfAnAccountHoldsAtOnce) {
    set_up();
    auto admin_cookie = cookie_, admin_csrf = csrf_;
    ask(Method::Post, "/api/v1/accounts",
        R"({"name":"bob","role":"admin","password":"bob's password"})", {cookie_, csrf_});
    take_log_in(log_in("bob", "bob's password"));
    Response token =
        ask(Method::Post, "/api/v1/tokens", R"({"name":"t","role":"admin"})", {cookie_, csrf_});
    Fields bearer = {{"authorization", "Bearer " + text_of(token, "token")}};
    EXPECT_EQ(status(Method::Get, "/api/v1/accounts", {cookie_}), 200);
    EXPECT_EQ(status(Method::Get, "/api/v1/accounts", bearer), 200);
    ask(Method::Patch, "/api/v1/accounts/bob", R"({"role":"viewer"})", {admin_cookie, admin_csrf});
    EXPECT_EQ(status(Method::Get, "/api/v1/accounts", {cookie_}), 403);
    EXPECT_EQ(status(Method::Get, "/api/v1/accounts", bearer), 403);
    ask(Method::Patch, "/api/v1/accounts/bob", R"({"password":"another password"})",
        {admin_cookie, admin_csrf});
    EXPECT_EQ(status(Method::Get, "/api/v1/me", {cookie_}), 401);
    EXPECT_EQ(log_in("bob", "bob's password").status, 401);
    take_log_in(log_in("bob", "another password"));
    ask(Method::Delete, "/api/v1/accounts/bob", "", {admin_cookie, admin_csrf});
    EXPECT_EQ(status(Method::Get, "/api/v1/me", {cookie_}), 401);
    EXPECT_EQ(status(Method::Get, "/view", bearer), 401);
}

TEST_F(Routed, OnesOwnPassword) {
    set_up();
    auto other = cookie_;
    take_log_in(log_in("ann", kPassword));
    auto change = [&](std::string_view old_one, std::string_view new_one) {
        return ask(Method::Post, "/api/v1/me/password",
                   fmt::format(R"({{"old_password":"{}","new_password":"{}"}})", old_one, new_one),
                   {cookie_, csrf_})
            .status;
    };
    EXPECT_EQ(change("wrong password", "a new password"), 403);
    EXPECT_EQ(change(kPassword, "short"), 400);
    EXPECT_EQ(change(kPassword, "a new password"), 200);
    EXPECT_EQ(status(Method::Get, "/api/v1/me", {cookie_}), 200);
    EXPECT_EQ(status(Method::Get, "/api/v1/me", {other}), 401);
    EXPECT_EQ(log_in("ann", kPassword).status, 401);
    EXPECT_EQ(log_in("ann", "a new password").status, 200);
}

TEST_F(Routed, PasswordsCannotBeTried) {
    set_up();
    for (int i = 0; i < 5; i++) EXPECT_EQ(log_in("ann", "wrong password").status, 401);
    Response response = log_in("ann", kPassword);
    EXPECT_EQ(response.status, 429);
    EXPECT_EQ(response.headers.at(0), (std::pair<std::string, std::string>("Retry-After", "900")));
    peer_ = "192.0.2.2:5000";
    EXPECT_EQ(log_in("ann", kPassword).status, 200) << "others still get in";
    peer_ = "192.0.2.1:6000";
    EXPECT_EQ(log_in("ann", kPassword).status, 429) << "another port is the same machine";
    test_now.steady += Milliseconds(15 * 60 * 1000);
    EXPECT_EQ(log_in("ann", kPassword).status, 200);
}

// Whoever has one address of IPv6 has a network of them.
TEST_F(Routed, ANetworkOfAddressesIsOneGuesser) {
    set_up();
    for (int i = 0; i < 5; i++) {
        peer_ = fmt::format("2001:db8:0:1::{}:5000", i + 1);
        EXPECT_EQ(log_in("ann", "wrong password").status, 401);
    }
    peer_ = "2001:db8:0:1:ffff::9:5000";
    EXPECT_EQ(log_in("ann", kPassword).status, 429);
    peer_ = "2001:db8:0:2::1:5000";
    EXPECT_EQ(log_in("ann", kPassword).status, 200);
    // Addresses of IPv4 on a socket of IPv6 stay apart.
    for (int i = 0; i < 5; i++) {
        peer_ = "::ffff:192.0.2.7:5000";
        EXPECT_EQ(log_in("ann", "wrong password").status, 401);
    }
    peer_ = "::ffff:192.0.2.8:5000";
    EXPECT_EQ(log_in("ann", kPassword).status, 200);
}

TEST_F(Routed, TooManyOldPasswordsAreNotCalledWrongOnes) {
    set_up();
    auto change = [&](std::string_view old_one) {
        return status(
            Method::Post, "/api/v1/me/password", {cookie_, csrf_},
            fmt::format(R"({{"old_password":"{}","new_password":"a new password"}})", old_one));
    };
    for (int i = 0; i < 5; i++) EXPECT_EQ(change("wrong password"), 403);
    EXPECT_EQ(change(kPassword), 429);
}

// A password is looked at for a while: whoever changes it meanwhile must not leave a door open.
TEST_F(Routed, ALogInThatOverlapsAChangeOfPasswordEnds) {
    set_up();
    const Caller admin{"ann", Role::Admin, true,
                       cookie_.second.substr(cookie_.second.rfind('=') + 1)};
    Request request;
    request.peer = peer_;
    std::atomic<bool> is_over = false;
    std::atomic<int> tried = 0;
    std::vector<std::string> sessions;
    std::thread guest([&] {
        while (!is_over) {
            auto result = access_->log_in(request, "ann", kPassword);
            if (result.is_in) sessions.push_back(result.caller.session);
            tried++;
            tried.notify_all();
        }
    });
    tried.wait(0);
    AccountChange change{{}, "another password"};
    EXPECT_EQ(access_->change("ann", change, admin), Change::Made);
    is_over = true;
    guest.join();
    ASSERT_FALSE(sessions.empty());
    for (const std::string& session : sessions)
        EXPECT_EQ(status(Method::Get, "/api/v1/me", {{"cookie", "martlet_session=" + session}}),
                  401);
}

TEST_F(Routed, TheDocumentTellsEveryRoute) {
    std::string text = openapi_document(routes());
    auto json = read_json_object(text);
    ASSERT_TRUE(json.ok()) << json.error().text;
    const JsonValue* paths = json.value().find("paths");
    ASSERT_NE(paths, nullptr);
    std::set<std::string> ids;
    std::size_t operations = 0;
    for (const auto& [path, methods] : paths->members) {
        EXPECT_EQ(path.find("..."), path.npos) << path;
        for (const auto& [method, operation] : methods.members) {
            operations++;
            EXPECT_FALSE(operation.text_of("summary").value_or("").empty()) << path;
            ids.emplace(operation.text_of("operationId").value_or(""));
        }
    }
    EXPECT_EQ(operations, routes().size());
    EXPECT_EQ(ids.size(), operations) << "each has a name of its own";
}

TEST_F(Routed, NoRouteStandsTwice) {
    std::set<std::pair<Method, std::string_view>> seen;
    for (const Route& route : routes()) {
        EXPECT_TRUE(seen.emplace(route.method, route.pattern).second) << route.pattern;
        EXPECT_NE(route.handle, nullptr);
        EXPECT_TRUE(route.pattern.starts_with('/'));
    }
}

// The policy forbids scripts inside the page; the script makes text of what devices say.
TEST_F(Routed, TheStatusPageKeepsItsPolicy) {
    std::string html = ask(Method::Get, "/").body;
    EXPECT_NE(html.find("<script src=\"/status.js\""), html.npos);
    std::size_t scripts = 0;
    for (std::size_t at = html.find("<script"); at != html.npos; at = html.find("<script", at + 1))
        scripts++;
    EXPECT_EQ(scripts, 1u);
    for (std::string_view word :
         {" onclick", " onload", " style=", "<style", "javascript:", "http://", "https://"})
        EXPECT_EQ(html.find(word), html.npos) << word;
    std::string script = ask(Method::Get, "/status.js").body;
    for (std::string_view word :
         {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("})
        EXPECT_EQ(script.find(word), script.npos) << word;
}

}  // namespace
}  // namespace martlet::http
