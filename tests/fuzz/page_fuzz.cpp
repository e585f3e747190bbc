// SPDX-License-Identifier: Apache-2.0
// Bytes from a ThreatQ become columns. Whatever they are: ids ascend, each column that was asked
// for has every row, and no offset leaves its bytes. The first byte chooses the columns, the second
// the id that was read last.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "threatq/page_parser.hpp"

namespace {

class FakeNames : public tq::NameLookup {
 public:
  tq::Result<std::string> name(tq::NameKind, uint64_t id) override {
    if (id % 7 == 6) return tq::Error{tq::Status::kTransient, "no answer"};
    return "name " + std::to_string(id % 5);
  }
};

void require(bool condition) {
  if (!condition) std::abort();
}

void check_text(const tq::TextColumn& column, bool asked, size_t rows) {
  require(column.off.size() == (asked ? rows + 1 : 1));
  for (size_t i = 1; i < column.off.size(); ++i) require(column.off[i - 1] <= column.off[i]);
  require(column.off.front() == 0 && column.off.back() == column.bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const uint32_t columns = data[0] & 63U;
  std::optional<uint64_t> after;
  if (data[1] != '0') after = data[1] - uint64_t{'0'};

  tq::Dictionary types, statuses;
  FakeNames names;
  const tq::Redactor redactor;
  tq::PageParser parser(columns, types, statuses, names, redactor);
  tq::PageBuffer buffer;
  buffer.assign({reinterpret_cast<const char*>(data) + 2, size - 2});
  tq::PageRows rows;
  for (int round = 0; round < 2; ++round) {  // the second with used memory
    const auto facts = parser.parse(buffer, after, &rows);
    if (!facts) continue;
    size_t count = 0;
    std::optional<uint64_t> last = after;
    for (size_t i = 0; i < rows.size(); ++i) {
      const tq::IndicatorBatch& batch = rows[i];
      const size_t n = batch.rows();
      require(n > 0 && n <= tq::PageRows::kMaxRows);
      for (const uint64_t id : batch.id) {
        require(!last || id > *last);
        last = id;
      }
      const auto asked = [columns](uint32_t column) { return (columns & column) != 0; };
      require(batch.type.size() == (asked(tq::kColumnType) ? n : 0));
      require(batch.status.size() == (asked(tq::kColumnStatus) ? n : 0));
      require(batch.score.size() == (asked(tq::kColumnScore) ? n : 0));
      require(batch.updated_ms.size() == (asked(tq::kColumnUpdated) ? n : 0));
      for (const uint16_t type : batch.type) require(types.name(type) != nullptr);
      for (const uint16_t status : batch.status) require(statuses.name(status) != nullptr);
      for (const int16_t score : batch.score) require(score >= -1 && score <= 10);
      check_text(batch.value, asked(tq::kColumnValue), n);
      check_text(batch.raw, asked(tq::kColumnRaw), n);
      count += n;
    }
    require(count == facts->fresh && facts->fresh + facts->unusable <= facts->rows);
  }
  return 0;
}
