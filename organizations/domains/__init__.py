"""Mail domains: which addresses may be made, found and renamed in an organization's name.

That is how one customer is kept from claiming the people of another: by a directory, whose token an
organization holds, or by an invitation. Staff and operators add whom they want.
"""
