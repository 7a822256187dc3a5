from ragas.llms import llm_factory

from given import ASK, City

FOUND = {"name": "Paris", "country": "France"}


def structured(given):
    given.says_city()
    assert llm_factory("m", client=given.client()).generate(ASK, City).model_dump() == FOUND


async def async_structured(given):
    given.says_city()
    assert (await llm_factory("m", client=given.async_client()).agenerate(ASK, City)).model_dump() == FOUND


def error(given):
    given.fails(401)
    try:
        llm_factory("m", client=given.client()).generate(ASK, City)
    except Exception as error:
        return [type(error).__name__, str(error)]
