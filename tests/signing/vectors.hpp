// SPDX-License-Identifier: Apache-2.0
// vectors.hpp: files that minisign 0.11 wrote. The keys were made for these tests.
#pragma once

#include <string_view>

namespace penstock::signing::testing::vectors {

inline constexpr std::string_view content = "penstock";

// ---- a pair with a password, with the smallest limits for scrypt that minisign takes

inline constexpr std::string_view password = "correct horse";
inline constexpr std::string_view key_id = "F872FBC2FB54F7DF";
inline constexpr std::string_view public_key =
    "untrusted comment: minisign public key F872FBC2FB54F7DF\n"
    "RWTf91T7wvty+IEkvAjQ8flL7o2cyckTopcVv4HLThsba1m/TiLbiuv5\n";
inline constexpr std::string_view secret_key =
    "untrusted comment: minisign encrypted secret key\n"
    "RWRTY0Iyk1XzSyYhdb+oDHoTc7HbkdkeS5b8R9fX/in3Q6jTcn8AABAAAAAAAAAAAAIAAAAAiXLDfyIdHJ2MzkhwUrI/"
    "V2Y5QfMd+++wiyUgaFO0N9PiXq7rpDL5NFfy1+CnYVwAhZVg87N9mG9BULS38aETZWzIfqkFmQzl9bva1BZP4B5cR2Kp"
    "qNesO4KTbXxE5H3KHmsfgUSDtjs=\n";
inline constexpr std::string_view statement =
    "penstock1 id=org.example.demo version=1.2.3 abi=1.0 arch=x86_64 serial=7 "
    "ts=2026-01-02T03:04:05Z";
inline constexpr std::string_view signature =
    "untrusted comment: signature from minisign secret key\n"
    "RUTf91T7wvty+KJ+ET5q1bXoEBq+cWGJGYRTz8f7KmPQmrecXDj9SXDTJ3CqMZcQ8apnz0PZkpZ9DOy6roJ1yIw82bG1"
    "W4T84wY=\n"
    "trusted comment: penstock1 id=org.example.demo version=1.2.3 abi=1.0 arch=x86_64 serial=7 "
    "ts=2026-01-02T03:04:05Z\n"
    "ZYFlRhY9JdVQb4aBJqDfCzt4s2tqF9xly7tvuuZ75+ntblRRJiNmzyodSmGS2w/2ESYf7nBoA5fTsl5Xa2msCg==\n";

// ---- a pair without a password

inline constexpr std::string_view open_key_id = "AB8F7644E4497FF5";
inline constexpr std::string_view open_public_key =
    "untrusted comment: minisign public key AB8F7644E4497FF5\n"
    "RWT1f0nkRHaPqyvpw6JBAkr2XohHTs7VaLqXLGOyhVpRtaxOezwHIBVo\n";
inline constexpr std::string_view open_secret_key =
    "untrusted comment: minisign encrypted secret key\n"
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA9X9J5ER2j6uJeINHay8Z"
    "Qzr3GafNOhvyywq2hTAbZN+Oh8uNgzQAtCvpw6JBAkr2XohHTs7VaLqXLGOyhVpRtaxOezwHIBVoAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
// With the comment that minisign writes by itself.
inline constexpr std::string_view open_signature =
    "untrusted comment: signature from minisign secret key\n"
    "RUT1f0nkRHaPqxYXdSlawKiKZ+x4KxbBETfUvPUB3Z3gopcbJXIsRrjapd87eAIxaDVazSeW3l9WuwrWcv/Z6/WzfNYV"
    "9mrrsQw=\n"
    "trusted comment: timestamp:1795415658\tfile:c\thashed\n"
    "yxwgCFYd+N+tXE/3+IfPt0snRSrCXKtWBtAsAewg90LmzAB0h81Pu0/g1PKyTP71aGL8jt0FFtjZxDz9dtp8Bw==\n";
// By minisign -l: of the content, not of its hash.
inline constexpr std::string_view legacy_signature =
    "untrusted comment: signature from minisign secret key\n"
    "RWT1f0nkRHaPqzOsr+sfxlzITyY7Pht1lOmAZmyHgrz6Ofc45ugQh1F1yaAGcBOYrjH6FOb6Wji1rxspTkdBxBse2LXY"
    "U3eLCwg=\n"
    "trusted comment: timestamp:1795415658\tfile:c\n"
    "V3xMtN7rlw2eT19d4q7GT+kFm9dWtwT/AnogEWNUFuf9/ZmUHUnW6qVR4EYUvlW8Y5DbnPqLpUwO0iDvBsG3CA==\n";

}  // namespace penstock::signing::testing::vectors
