#include "http/accounts/account_file.h"

#include "auth/replace_file.h"
#include "auth/text_file.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "base/text.h"
#include "http/json_body.h"

#include <cerrno>

namespace martlet::http {

namespace {

bool read_account(const JsonValue& value, Account& account) {
    auto name = value.text_of("name");
    auto role = value.text_of("role");
    auto hash = value.text_of("password_hash");
    if (!name || !role || !hash || !read_role(*role, account.role)) return false;
    account.name = *name;
    account.password_hash = *hash;
    return true;
}

bool read_token(const JsonValue& value, Token& token) {
    auto id = value.text_of("id");
    auto role = value.text_of("role");
    auto fingerprint = value.text_of("fingerprint");
    if (!id || !role || !fingerprint || !read_role(*role, token.role)) return false;
    token.id = *id;
    token.fingerprint = *fingerprint;
    token.name = value.text_of("name").value_or("");
    token.made_by = value.text_of("made_by").value_or("");
    token.created_ms = value.integer_of("created").value_or(0);
    token.expires_ms = value.integer_of("expires").value_or(0);
    return true;
}

template <typename Row, typename Read>
bool read_rows(const JsonValue& file, std::string_view name, std::vector<Row>& rows, Read read) {
    const JsonValue* list = file.find(name);
    if (list == nullptr || list->type != JsonValue::Type::Array) return false;
    for (const JsonValue& item : list->items) {
        if (!read(item, rows.emplace_back())) return false;
    }
    return true;
}

void write_rows(const AccountList& list, JsonWriter& writer) {
    writer.key("accounts").begin_array();
    for (const Account& account : list.accounts) {
        writer.begin_object().key("name").text(account.name);
        writer.key("role").text(name_of(account.role));
        writer.key("password_hash").text(account.password_hash).end_object();
    }
    writer.end_array().key("tokens").begin_array();
    for (const Token& token : list.tokens) {
        writer.begin_object().key("id").text(token.id).key("name").text(token.name);
        writer.key("role").text(name_of(token.role));
        writer.key("fingerprint").text(token.fingerprint).key("made_by").text(token.made_by);
        writer.key("created").integer(token.created_ms);
        writer.key("expires").integer(token.expires_ms).end_object();
    }
    writer.end_array();
}

}  // namespace

std::string_view name_of(Role role) {
    switch (role) {
        case Role::Viewer:
            return "viewer";
        case Role::Operator:
            return "operator";
        case Role::Admin:
            return "admin";
        case Role::Nobody:
            break;
    }
    return "nobody";
}

bool read_role(std::string_view name, Role& role) {
    for (Role one : {Role::Viewer, Role::Operator, Role::Admin}) {
        if (name != name_of(one)) continue;
        role = one;
        return true;
    }
    return false;
}

Result<AccountList> read_account_file(const std::string& path) {
    auto file = auth::read_text_file(path);
    AccountList list;
    if (file.error == ENOENT) return list;
    if (file.error != 0) {
        return Error{fmt::format("Error: Unable to read the accounts in {}. {}", path,
                                 auth::why_not_read(path, file.error, [](std::string_view text) {
                                     return text.starts_with('{');
                                 }))};
    }
    if (file.is_readable_by_all) {
        log::warning(
            "Warning: The file of accounts {} can be read by every user of this machine. `chmod "
            "600` "
            "takes that away.",
            path);
    }
    auto json = read_json_object(file.text);
    if (!json) {
        return Error{
            fmt::format("Error: The file of accounts {} is {}. Restore it, or remove it "
                        "to begin without accounts.",
                        path, json.error().text)};
    }
    if (!read_rows(json.value(), "accounts", list.accounts, read_account) ||
        !read_rows(json.value(), "tokens", list.tokens, read_token)) {
        return Error{
            fmt::format("Error: The file of accounts {} is not one of ours. Restore it, "
                        "or remove it to begin without accounts.",
                        path)};
    }
    return list;
}

Status write_account_file(const std::string& path, const AccountList& list) {
    std::string text;
    JsonWriter writer(text);
    writer.begin_object().key("version").integer(1);
    write_rows(list, writer);
    writer.end_object();
    text += '\n';
    return auth::replace_file(path, text, auth::NewFile::Private);
}

}  // namespace martlet::http
