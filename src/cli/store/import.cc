#include "migrate/import.h"

#include "cli/store/commands.h"
#include "migrate/export_file.h"
#include "migrate/files.h"

#include <filesystem>

namespace martlet::cli {

namespace {

int report(const Result<migrate::Imported>& imported) {
    if (!imported) return fail_store(imported.error().text);
    std::printf("%s\n", imported.value().line.c_str());
    return 0;
}

bool is_same(const std::string& a, const std::string& b) {
    std::error_code error;
    return std::filesystem::equivalent(a, b, error);
}

// The file stands where the journal shall be: what the broker would do at its next start.
int import_in_place(const StorePlace& place) {
    auto imported = migrate::import_mosquitto(place.path, place.convert);
    if (!imported) return fail_store(imported.error().text);
    if (!imported.value()) return fail_store("Error: There is nothing to import.");
    return report(*std::move(imported).value());
}

}  // namespace

int import_store(const StorePlace& place, const std::string& file) {
    if (is_same(file, place.path)) return import_in_place(place);
    auto begin = migrate::read_begin(file, migrate::kExportHeadBytesMax);
    if (!begin) return fail_store(begin.error().text);
    if (migrate::is_mosquitto_db(begin.value()))
        return report(migrate::import_mosquitto_from(file, place.path, place.convert));
    if (migrate::is_export(begin.value())) {
        auto records = migrate::import_export(file, place.path);
        if (!records) return fail_store(records.error().text);
        std::printf("Imported %llu records from %s into %s.\n",
                    static_cast<unsigned long long>(records.value()), file.c_str(),
                    place.path.c_str());
        return 0;
    }
    return fail_store("Error: " + file +
                      " is neither a database of mosquitto nor an export of Martlet.");
}

}  // namespace martlet::cli
