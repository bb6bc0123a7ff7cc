#include "auth/password_hash.h"

#include "auth/base64.h"

#include <gtest/gtest.h>

namespace martlet::auth {
namespace {

// Written by Debian's mosquitto_passwd 2.0.11 and by libargon2's own encoder.
constexpr const char* kVectors[] = {
    "$6$RiIAaUxnyT+VzT/4$7ibYa0SvB24O96J247zzAkrkaB/"
    "JOnmxnIjXtUxhekNff2Q2vhvXAeDKTCTXFHKQLILk4MvhngOFt5Xk1U9opA==",
    "$7$101$M/zyQFfk9QQKaTH0$vFJsltNzValxIqCBQHGwO6QYiLA9uF7vN9MLZbyr5lkgvcYdcHAJYYzZ6/"
    "qqbKFEcfkbR6/FJjoCnMlvtp+6IQ==",
    "$7$7$sFJYEbA8xmMS7AxQ$ExlbxJdcXiEqplHR8iCviOBKQ2cTkqYEYiqpV9/"
    "5EFNbfE2u68C7jahhXV3xfFTe9UufAwfgF6F3nR7TedP3nA==",
    "$argon2id$v=19$m=47104,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$"
    "phI9DCd5i5HLGOHm2HHoz0CfSHjU4O+ALdhxvnN65Rk",
    "$argon2id$v=19$m=1024,t=2,p=4$MDEyMzQ1Njc4OWFiY2RlZg$Wq5oAhtADBItz7e/"
    "70JQggpg5sBgV4w1UBKu17wGcQ/8gDw9moX1b88+8VTOtk+2G1tKYnJ3iMh0dE8rLS81oQ",
};
constexpr const char* kPassword = "pa ss:wörd";

PasswordHash decode(const std::string& text) {
    auto decoded = PasswordHash::decode(text);
    if (decoded) return std::move(decoded).value();
    ADD_FAILURE() << text << ": " << decoded.error().text;
    return {};
}

TEST(PasswordHash, verifies_what_others_wrote) {
    for (const char* text : kVectors) {
        SCOPED_TRACE(text);
        auto hash = decode(text);
        EXPECT_TRUE(hash.verify(as_bytes(kPassword)));
        EXPECT_FALSE(hash.verify(as_bytes("pa ss:w")));
        EXPECT_FALSE(hash.verify(as_bytes("pa ss:wörd ")));
        EXPECT_FALSE(hash.verify({}));
        EXPECT_EQ(hash.encode(), text);
    }
}

TEST(PasswordHash, verifies_what_it_made) {
    for (auto scheme : {HashScheme::Sha512, HashScheme::Pbkdf2Sha512, HashScheme::Argon2id}) {
        std::string_view password("a\0b", 3);
        auto made = PasswordHash::make(scheme, 0, as_bytes(password));
        ASSERT_TRUE(made.ok());
        auto again = decode(made.value().encode());
        EXPECT_TRUE(again.verify(as_bytes(password)));
        EXPECT_FALSE(again.verify(as_bytes("a")));
        auto other = PasswordHash::make(scheme, 0, as_bytes(password));
        EXPECT_NE(other.value().encode(), made.value().encode());
    }
}

TEST(PasswordHash, verifies_an_empty_password_only_where_it_was_set) {
    auto made = PasswordHash::make(HashScheme::Pbkdf2Sha512, 1, {});
    EXPECT_TRUE(made.value().verify({}));
    EXPECT_FALSE(made.value().verify(as_bytes("x")));
    EXPECT_FALSE(PasswordHash{}.verify({}));
}

TEST(PasswordHash, writes_the_usual_parameters) {
    auto text = [](HashScheme scheme, std::uint32_t iterations) {
        return PasswordHash::make(scheme, iterations, as_bytes("x")).value().encode();
    };
    EXPECT_TRUE(text(HashScheme::Pbkdf2Sha512, 0).starts_with("$7$1000$"));
    EXPECT_TRUE(text(HashScheme::Pbkdf2Sha512, 77).starts_with("$7$77$"));
    EXPECT_TRUE(text(HashScheme::Argon2id, 77).starts_with("$argon2id$v=19$m=47104,t=1,p=1$"));
    EXPECT_TRUE(text(HashScheme::Sha512, 77).starts_with("$6$"));
    EXPECT_FALSE(PasswordHash::make(HashScheme::Pbkdf2Sha512, kPbkdf2IterationsMax + 1, {}).ok());
}

TEST(PasswordHash, hardening_12_refuses_every_truncation) {
    for (std::string_view text : kVectors) {
        for (std::size_t size = 0; size < text.size(); ++size) {
            auto decoded = PasswordHash::decode(text.substr(0, size));
            // A cut Argon2id tag of whole digits is a shorter tag: still a hash, never a door.
            if (!decoded.ok()) continue;
            EXPECT_TRUE(text.starts_with("$argon2id$")) << text.substr(0, size);
            EXPECT_GE(decoded.value().hash.size(), 16U);
            if (text.find("m=1024") != text.npos) {
                EXPECT_FALSE(decoded.value().verify(as_bytes(kPassword)));
            }
        }
    }
}

TEST(PasswordHash, hardening_12_refuses_bad_texts) {
    const std::string salt = "njERlZMi/7DzNB9E";
    const std::string hash =
        "iiavfuXvUm8iyDZArTy7smTxh07GXXOrOsqxfW6gkOYVXHGk+W+i/8d3xDxrMwEPygEBhoA8A/gjQC0N2M4Lkw==";
    ASSERT_TRUE(PasswordHash::decode("$6$" + salt + "$" + hash).ok());
    const std::string bad[] = {
        "",
        "$",
        "$$",
        "plain",
        "6$" + salt + "$" + hash,
        "$5$" + salt + "$" + hash,
        "$6$" + salt,
        "$6$$" + hash,
        "$6$" + salt + "$",
        "$6$" + salt + "$" + hash + "$",
        "$6$" + salt + "$" + hash + " ",
        "$6$" + salt + "$" + hash + hash,
        "$6$" + salt + "=$" + hash,
        "$6$njER{ZMi/7DzNB9E$" + hash,
        "$6$" + salt + "$iiavfuXv{}" + hash.substr(10),
        "$6$AAAA$" + hash,
        "$6$" + salt + "$AAAA",
        // Spare bits that are not 0: a second text for the same bytes.
        "$6$" + salt + "$" + hash.substr(0, 85) + "x==",
        "$7$" + salt + "$" + hash,
        "$7$0$" + salt + "$" + hash,
        "$7$-1$" + salt + "$" + hash,
        "$7$+1$" + salt + "$" + hash,
        "$7$ 1$" + salt + "$" + hash,
        "$7$101x$" + salt + "$" + hash,
        "$7$4294967297$" + salt + "$" + hash,
        "$7$10000001$" + salt + "$" + hash,
        "$argon2i$v=19$m=1024,t=2,p=4$MDEyMzQ1Njc4OWFiY2RlZg$phI9DCd5i5HLGOHm2HHoz0CfSHjU4O",
    };
    for (const auto& text : bad) EXPECT_FALSE(PasswordHash::decode(text).ok()) << text;
}

// A file must not be able to take all memory or a worker for minutes.
TEST(PasswordHash, bounds_what_argon2id_may_cost) {
    auto is_known = [](const std::string& parameters) {
        return PasswordHash::decode("$argon2id$" + parameters +
                                    "$MDEyMzQ1Njc4OWFiY2RlZg$"
                                    "phI9DCd5i5HLGOHm2HHoz0CfSHjU4O+ALdhxvnN65Rk")
            .ok();
    };
    EXPECT_TRUE(is_known("v=19$m=47104,t=1,p=1"));
    EXPECT_TRUE(is_known("v=19$m=262144,t=16,p=64"));
    EXPECT_FALSE(is_known("v=16$m=47104,t=1,p=1"));
    EXPECT_FALSE(is_known("m=47104,t=1,p=1"));
    EXPECT_FALSE(is_known("v=19$m=262145,t=1,p=1"));
    EXPECT_FALSE(is_known("v=19$m=4294967295,t=1,p=1"));
    EXPECT_FALSE(is_known("v=19$m=262144,t=17,p=1"));
    EXPECT_FALSE(is_known("v=19$m=1024,t=4294967295,p=1"));
    EXPECT_FALSE(is_known("v=19$m=47104,t=1,p=65"));
    EXPECT_FALSE(is_known("v=19$m=47104,t=1,p=4294967295"));
    EXPECT_FALSE(is_known("v=19$m=7,t=1,p=1"));
    EXPECT_FALSE(is_known("v=19$m=0,t=1,p=1"));
    EXPECT_FALSE(is_known("v=19$m=64,t=0,p=1"));
    EXPECT_FALSE(is_known("v=19$m=64,t=1,p=0"));
    EXPECT_FALSE(is_known("v=19$t=1,m=64,p=1"));
    EXPECT_FALSE(is_known("v=19$m=64,t=1,p=1,x=1"));
}

TEST(PasswordHash, makes_a_decoy_that_costs_the_same_and_opens_nothing) {
    auto model = decode(kVectors[1]);
    auto decoy = PasswordHash::make_decoy(model);
    ASSERT_TRUE(decoy.ok());
    EXPECT_EQ(decoy.value().iterations, model.iterations);
    EXPECT_EQ(decoy.value().hash.size(), model.hash.size());
    EXPECT_NE(decoy.value().hash, model.hash);
    EXPECT_FALSE(decoy.value().verify(as_bytes(kPassword)));
    EXPECT_FALSE(decoy.value().verify({}));
}

TEST(Base64, has_one_text_for_each_byte_string) {
    const std::pair<const char*, const char*> cases[] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}};
    for (const auto& [bytes, text] : cases) {
        EXPECT_EQ(encode_base64(as_bytes(bytes), Padding::Required), text);
        std::vector<std::uint8_t> decoded;
        ASSERT_TRUE(decode_base64(text, Padding::Required, decoded));
        EXPECT_EQ(as_text(decoded), bytes);
        std::string bare(text, std::string_view(text).find_last_not_of('=') + 1);
        EXPECT_EQ(encode_base64(as_bytes(bytes), Padding::Forbidden), bare);
        ASSERT_TRUE(decode_base64(bare, Padding::Forbidden, decoded));
        EXPECT_EQ(as_text(decoded), bytes);
    }
    for (const char* bad : {"Z", "Zg", "Zg=", "Zg===", "Z===", "Zh==", "Zm9=", "Zm 9", "Zm9v\n",
                            "=", "====", "Zg==Zg==", "Zm9-"}) {
        std::vector<std::uint8_t> decoded;
        EXPECT_FALSE(decode_base64(bad, Padding::Required, decoded)) << bad;
    }
}

}  // namespace
}  // namespace martlet::auth
