#pragma once
// The one error path: a small stand-in for C++23's std::expected.
//
// Every fallible function returns Result<T>. An Error carries a code for
// programs and one sentence for people. Results are [[nodiscard]], so an ignored
// failure does not compile. Thread: values, free to move between threads.

#include <QString>

#include <utility>
#include <variant>

namespace postern {

enum class ErrorCode {
    Cancelled,
    InvalidArgument, ///< the caller or the user gave something unusable
    Protocol, ///< bytes from a network or a disk that break their rules
    Incompatible, ///< the two sides speak different protocol versions
    LimitExceeded, ///< a quota, a rate or a size limit
    Timeout,
    Unavailable, ///< the server or a needed service can't be reached
    SignInRefused, ///< wrong password, unknown account, revoked device
    ServerKeyChanged, ///< the server's certificate is not the pinned one
    NotFound,
    NotAllowed,
    PeerOffline,
    PeerKeyMismatch, ///< the peer's device key is not the pinned one
    Declined,
    NoPath,
    Disconnected, ///< a connection that had worked was lost
    SecretsUnavailable, ///< no keychain, or it refuses us
    SecretsLocked, ///< a keychain that a person can unlock
    FileNotFound,
    FileNotReadable,
    FileNotWritable,
    FileExists, ///< the name is taken
    FileChanged, ///< the source changed while it was being sent
    DiskFull,
    Corrupt, ///< a checksum did not match
    Internal,
};

/// Stable lower-case name of a code, as JSON output and logs show it ("peer-offline").
QString errorName(ErrorCode code);

struct Error {
    ErrorCode code = ErrorCode::Internal;
    QString message; ///< one sentence for people: what is wrong and what to do

    friend bool operator==(const Error &, const Error &) = default;
};

template<typename T> class [[nodiscard]] Result {
public:
    Result(T value)
        : m_state(std::in_place_index<0>, std::move(value))
    {
    }
    Result(Error error)
        : m_state(std::in_place_index<1>, std::move(error))
    {
    }
    Result(ErrorCode code, QString message)
        : Result(Error{code, std::move(message)})
    {
    }

    bool ok() const { return m_state.index() == 0; }
    explicit operator bool() const { return ok(); }

    T &value() & { return std::get<0>(m_state); }
    const T &value() const & { return std::get<0>(m_state); }
    T &&value() && { return std::get<0>(std::move(m_state)); }
    T &operator*() & { return value(); }
    const T &operator*() const & { return value(); }
    T &&operator*() && { return std::move(*this).value(); }
    T *operator->() { return &value(); }
    const T *operator->() const { return &value(); }

    const Error &error() const { return std::get<1>(m_state); }

private:
    std::variant<T, Error> m_state;
};

template<> class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error)
        : m_error(std::move(error))
        , m_ok(false)
    {
    }
    Result(ErrorCode code, QString message)
        : Result(Error{code, std::move(message)})
    {
    }

    bool ok() const { return m_ok; }
    explicit operator bool() const { return m_ok; }
    const Error &error() const { return m_error; }

private:
    Error m_error;
    bool m_ok = true;
};

} // namespace postern
