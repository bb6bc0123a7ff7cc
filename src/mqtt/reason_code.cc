#include "mqtt/reason_code.h"

namespace martlet::mqtt {

std::string_view reason_text(ReasonCode code) {
    switch (code) {
        case ReasonCode::Success:
            return "success";
        case ReasonCode::GrantedQos1:
            return "granted qos 1";
        case ReasonCode::GrantedQos2:
            return "granted qos 2";
        case ReasonCode::DisconnectWithWill:
            return "disconnect with will message";
        case ReasonCode::NoMatchingSubscribers:
            return "no matching subscribers";
        case ReasonCode::NoSubscriptionExisted:
            return "no subscription existed";
        case ReasonCode::ContinueAuthentication:
            return "continue authentication";
        case ReasonCode::Reauthenticate:
            return "re-authenticate";
        case ReasonCode::UnspecifiedError:
            return "unspecified error";
        case ReasonCode::MalformedPacket:
            return "malformed packet";
        case ReasonCode::ProtocolError:
            return "protocol error";
        case ReasonCode::ImplementationSpecific:
            return "implementation specific error";
        case ReasonCode::UnsupportedProtocolVersion:
            return "unsupported protocol version";
        case ReasonCode::ClientIdentifierNotValid:
            return "client identifier not valid";
        case ReasonCode::BadUserNameOrPassword:
            return "bad user name or password";
        case ReasonCode::NotAuthorized:
            return "not authorized";
        case ReasonCode::ServerUnavailable:
            return "server unavailable";
        case ReasonCode::ServerBusy:
            return "server busy";
        case ReasonCode::Banned:
            return "banned";
        case ReasonCode::ServerShuttingDown:
            return "server shutting down";
        case ReasonCode::BadAuthenticationMethod:
            return "bad authentication method";
        case ReasonCode::KeepAliveTimeout:
            return "keep alive timeout";
        case ReasonCode::SessionTakenOver:
            return "session taken over";
        case ReasonCode::TopicFilterInvalid:
            return "topic filter invalid";
        case ReasonCode::TopicNameInvalid:
            return "topic name invalid";
        case ReasonCode::PacketIdentifierInUse:
            return "packet identifier in use";
        case ReasonCode::PacketIdentifierNotFound:
            return "packet identifier not found";
        case ReasonCode::ReceiveMaximumExceeded:
            return "receive maximum exceeded";
        case ReasonCode::TopicAliasInvalid:
            return "topic alias invalid";
        case ReasonCode::PacketTooLarge:
            return "packet too large";
        case ReasonCode::MessageRateTooHigh:
            return "message rate too high";
        case ReasonCode::QuotaExceeded:
            return "quota exceeded";
        case ReasonCode::AdministrativeAction:
            return "administrative action";
        case ReasonCode::PayloadFormatInvalid:
            return "payload format invalid";
        case ReasonCode::RetainNotSupported:
            return "retain not supported";
        case ReasonCode::QosNotSupported:
            return "qos not supported";
        case ReasonCode::UseAnotherServer:
            return "use another server";
        case ReasonCode::ServerMoved:
            return "server moved";
        case ReasonCode::SharedSubscriptionsNotSupported:
            return "shared subscriptions not supported";
        case ReasonCode::ConnectionRateExceeded:
            return "connection rate exceeded";
        case ReasonCode::MaximumConnectTime:
            return "maximum connect time";
        case ReasonCode::SubscriptionIdentifiersNotSupported:
            return "subscription identifiers not supported";
        case ReasonCode::WildcardSubscriptionsNotSupported:
            return "wildcard subscriptions not supported";
    }
    return "unknown reason";
}

std::uint8_t connack_return_code(ReasonCode code) {
    auto number = static_cast<std::uint8_t>(code);
    // What decoding a CONNACK of 3.x gave: already such a number.
    if (number <= 5) return number;
    switch (code) {
        case ReasonCode::UnsupportedProtocolVersion:
            return 1;
        case ReasonCode::ClientIdentifierNotValid:
            return 2;
        case ReasonCode::ServerUnavailable:
        case ReasonCode::ServerBusy:
        case ReasonCode::ServerShuttingDown:
        case ReasonCode::QuotaExceeded:
        case ReasonCode::UseAnotherServer:
        case ReasonCode::ServerMoved:
        case ReasonCode::ConnectionRateExceeded:
            return 3;
        case ReasonCode::BadUserNameOrPassword:
            return 4;
        default:
            return 5;
    }
}

}  // namespace martlet::mqtt
