/* A hit as JSON: the names, shapes and order of the original. */
#include "command_fixture.h"

#include "command/q_json.h"

static const struct hit full = {
	.docid = 1,
	.nth = 1,
	.oid = "179fd486b5af96c5d3db9dcaf6ee3ab818e6826c",
	.sent = 1038819191,
	.received = 1038828300,
	.subject = "Re: \"x\"",
	.from = "\"Foo, B\" <a@example.com>, c@example.com",
	.to = "d@example.com",
	.cc = "",
	.mids = "m@x\0n@x\0",
	.refs = "r@x\0m@x\0r@x\0s@x\0",
	.kw = KW_SEEN | KW_ANSWERED,
	.labels = "inbox\0work\0",
	.pct = 21,
};

static const struct hit bare = {
	.nth = 1,
	.oid = "abebc9224e454c0c0d709e08b37892117d9d33e9",
	.subject = "",
	.from = "",
	.to = "",
	.cc = "",
	.mids = "",
	.refs = "",
	.labels = "",
	.pct = -1,
};

static void assert_json(const struct hit *h, bool pretty, const char *want)
{
	struct buf out = { 0 };
	json_hit(&out, h, pretty);
	assert_string_equal(buf_cstr(&out), want);
	buf_free(&out);
}

static void one_line(void **state)
{
	(void)state;
	assert_json(&full, false,
	            "{\"L\":[\"inbox\",\"work\"],"
	            "\"blob\":\"179fd486b5af96c5d3db9dcaf6ee3ab818e6826c\","
	            "\"dt\":\"2002-12-02T08:53:11Z\","
	            "\"f\":[[\"Foo, B\",\"a@example.com\"],[null,\"c@example.com\"]],"
	            "\"kw\":[\"answered\",\"seen\"],\"m\":\"m@x\",\"pct\":21,"
	            "\"refs\":[\"r@x\",\"s@x\",\"n@x\"],"
	            "\"rt\":\"2002-12-02T11:25:00Z\",\"s\":\"Re: \\\"x\\\"\","
	            "\"t\":[[null,\"d@example.com\"]]}");
}

static void what_is_absent_is_left_out(void **state)
{
	(void)state;
	assert_json(&bare, false,
	            "{\"blob\":\"abebc9224e454c0c0d709e08b37892117d9d33e9\","
	            "\"dt\":\"1970-01-01T00:00:00Z\",\"pct\":99,"
	            "\"rt\":\"1970-01-01T00:00:00Z\",\"s\":\"\"}");
}

static void indented(void **state)
{
	(void)state;
	assert_json(&full, true,
	            "{\n"
	            "  \"L\": [\"inbox\",\n"
	            "        \"work\"],\n"
	            "  \"blob\": \"179fd486b5af96c5d3db9dcaf6ee3ab818e6826c\",\n"
	            "  \"dt\": \"2002-12-02T08:53:11Z\",\n"
	            "  \"f\": [[\"Foo, B\", \"a@example.com\"],\n"
	            "        [null, \"c@example.com\"]],\n"
	            "  \"kw\": [\"answered\", \"seen\"],\n"
	            "  \"m\": \"m@x\",\n"
	            "  \"pct\": 21,\n"
	            "  \"refs\": [\"r@x\",\n"
	            "           \"s@x\",\n"
	            "           \"n@x\"],\n"
	            "  \"rt\": \"2002-12-02T11:25:00Z\",\n"
	            "  \"s\": \"Re: \\\"x\\\"\",\n"
	            "  \"t\": [[null, \"d@example.com\"]]\n"
	            "}");
}

static void strings(void **state)
{
	static const struct {
		const char *text, *json;
	} table[] = {
		{ "plain", "\"plain\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "\t\n\r\b\f\x01", "\"\\t\\n\\r\\b\\f\\u0001\"" },
		{ "caf\xc3\xa9", "\"caf\xc3\xa9\"" },
		{ "bad \xff\xc3", "\"bad \xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "a/b", "\"a/b\"" },
		{ "\x7f", "\"\x7f\"" },
		{ "", "\"\"" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct buf out = { 0 };
		json_text(&out, table[i].text);
		assert_string_equal(buf_cstr(&out), table[i].json);
		buf_free(&out);
	}
}

static void a_year_beyond_all_calendars(void **state)
{
	struct hit h = bare;
	struct buf out = { 0 };
	(void)state;
	h.sent = INT64_MAX;
	json_hit(&out, &h, false);
	assert_non_null(strstr(buf_cstr(&out), "\"dt\":\"1970-01-01T00:00:00Z\""));
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line),
		cmocka_unit_test(what_is_absent_is_left_out),
		cmocka_unit_test(indented),
		cmocka_unit_test(strings),
		cmocka_unit_test(a_year_beyond_all_calendars),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
