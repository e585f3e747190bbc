// SPDX-License-Identifier: Apache-2.0
#include "services/config_service.hpp"

#include <array>
#include <cmath>
#include <iterator>

#include "core/text.hpp"
#include "services/declared.hpp"
#include "services/guard.hpp"
#include "services/host_ctx.hpp"

namespace tq {

// What a reader asks for: its name for people, JSON schema's types that fit, and the test of a
// value.
struct SettingKind {
  const char* name;
  std::array<const char*, 2> types;
  bool (*fits)(const Json& value);
};

namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;

bool is_whole(const Json& value) {
  if (value.is_number_unsigned()) return value.get<uint64_t>() <= INT64_MAX;
  if (value.is_number_integer()) return true;
  if (!value.is_number_float()) return false;
  const double number = value.get<double>();  // draft-07: 5.0 is an integer, too
  return number == std::floor(number) && number >= -kTwoTo63 && number < kTwoTo63;
}

Error bug(std::string_view pointer, const std::string& why) {
  return {Status::kBug, "config: setting " + printable(pointer) + " " + why};
}

tqp_status put(tqp_sink out, std::string_view text) {
  return text.empty() ? TQP_OK : out.put(out.ctx, text.data(), text.size());
}

constexpr SettingKind kText = {
    "text", {"string", "string"}, [](const Json& value) { return value.is_string(); }};
constexpr SettingKind kInteger = {
    "an integer", {"integer", "number"}, [](const Json& value) { return is_whole(value); }};
constexpr SettingKind kBoolean = {
    "a boolean", {"boolean", "boolean"}, [](const Json& value) { return value.is_boolean(); }};
constexpr SettingKind kStructure = {"a list or an object",
                                    {"array", "object"},
                                    [](const Json& value) { return value.is_structured(); }};
constexpr SettingKind kObject = {
    "an object", {"object", "object"}, [](const Json& value) { return value.is_object(); }};

}  // namespace

Result<const Json*> ConfigService::find(std::string_view pointer, const SettingKind& wanted) const {
  if (pointer.empty() || pointer.front() != '/') return bug(pointer, "is not a JSON pointer");
  const Declared declared = declared_at(schema_, pointer);
  if (!declared.known) return bug(pointer, "is not in the plugin's schema");
  if (declared.secret)
    return Error{Status::kDenied,
                 "setting " + printable(pointer) +
                     " is a secret: only an auth entry of the manifest may use it",
                 std::string(pointer)};
  bool possible = declared.types.empty();
  for (const char* type : wanted.types) possible = possible || declared.types.count(type) != 0;
  if (!possible)
    return bug(pointer, std::string("is not ") + wanted.name + " by the plugin's schema");
  const Json* const value = json_at(values_, pointer);
  if (value == nullptr || value->is_null())
    return Error{Status::kEnd, "setting " + printable(pointer) + " has no value"};
  if (!wanted.fits(*value))
    return bug(pointer, std::string("is ") + value->type_name() + ", not " + wanted.name);
  return value;
}

bool ConfigService::of_several_types(std::string_view pointer) const {
  if (pointer.empty() || pointer.front() != '/') return false;
  const Declared declared = declared_at(schema_, pointer);
  return declared.known && !declared.secret && declared.types.size() != 1;
}

Result<std::string_view> ConfigService::text(std::string_view pointer) const {
  TQ_ASSIGN(const Json* const value, find(pointer, kText));
  return std::string_view(value->get_ref<const std::string&>());
}

Result<int64_t> ConfigService::integer(std::string_view pointer) const {
  TQ_ASSIGN(const Json* const value, find(pointer, kInteger));
  return value->get<int64_t>();
}

Result<bool> ConfigService::boolean(std::string_view pointer) const {
  TQ_ASSIGN(const Json* const value, find(pointer, kBoolean));
  return value->get<bool>();
}

Result<uint32_t> ConfigService::count(std::string_view pointer) const {
  TQ_ASSIGN(const Json* const value, find(pointer, kStructure));
  return static_cast<uint32_t>(value->size());
}

Result<std::string_view> ConfigService::key(std::string_view pointer, uint32_t index) const {
  TQ_ASSIGN(const Json* const value, find(pointer, kObject));
  if (index >= value->size())
    return Error{Status::kEnd, "setting " + printable(pointer) + " has no more members"};
  return std::string_view(std::next(value->begin(), static_cast<ptrdiff_t>(index)).key());
}

namespace {

// A setting that may be of several types is asked for as one after the other: then the wrong type
// is an answer and no breach of the contract.
tqp_status refused(const tqp_host_ctx* ctx, tqp_str pointer, const Error& error, tqp_error* out) {
  if (error.status == Status::kBug && ctx->config->of_several_types(view(pointer)))
    return answer(error, out);
  return report(ctx, error, out);
}

tqp_status text(tqp_host_ctx* ctx, tqp_str pointer, tqp_sink out, tqp_error* error) {
  return guarded_home("config.text", ctx, error, [&]() -> tqp_status {
    if (!all_given(pointer, out)) return null_argument(ctx, "config.text", error);
    const auto value = ctx->config->text(view(pointer));
    return value ? put(out, *value) : refused(ctx, pointer, value.error(), error);
  });
}

tqp_status integer(tqp_host_ctx* ctx, tqp_str pointer, int64_t* out, tqp_error* error) {
  return guarded_home("config.integer", ctx, error, [&]() -> tqp_status {
    if (!all_given(pointer, out)) return null_argument(ctx, "config.integer", error);
    const auto value = ctx->config->integer(view(pointer));
    if (!value) return refused(ctx, pointer, value.error(), error);
    *out = *value;
    return TQP_OK;
  });
}

tqp_status boolean(tqp_host_ctx* ctx, tqp_str pointer, int32_t* out, tqp_error* error) {
  return guarded_home("config.boolean", ctx, error, [&]() -> tqp_status {
    if (!all_given(pointer, out)) return null_argument(ctx, "config.boolean", error);
    const auto value = ctx->config->boolean(view(pointer));
    if (!value) return refused(ctx, pointer, value.error(), error);
    *out = *value ? 1 : 0;
    return TQP_OK;
  });
}

tqp_status count(tqp_host_ctx* ctx, tqp_str pointer, uint32_t* out, tqp_error* error) {
  return guarded_home("config.count", ctx, error, [&]() -> tqp_status {
    if (!all_given(pointer, out)) return null_argument(ctx, "config.count", error);
    const auto value = ctx->config->count(view(pointer));
    if (!value) return refused(ctx, pointer, value.error(), error);
    *out = *value;
    return TQP_OK;
  });
}

tqp_status key(tqp_host_ctx* ctx, tqp_str pointer, uint32_t index, tqp_sink out, tqp_error* error) {
  return guarded_home("config.key", ctx, error, [&]() -> tqp_status {
    if (!all_given(pointer, out)) return null_argument(ctx, "config.key", error);
    const auto value = ctx->config->key(view(pointer), index);
    return value ? put(out, *value) : refused(ctx, pointer, value.error(), error);
  });
}

}  // namespace

const tqp_config* config_table() {
  static constexpr tqp_config kTable = {sizeof kTable, 0, &text, &integer, &boolean, &count, &key};
  return &kTable;
}

}  // namespace tq
